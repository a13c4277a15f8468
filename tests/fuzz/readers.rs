//! The readers of outside bytes, each with a corpus of small valid files.

use std::path::{Path, PathBuf};

use gradspace::datasets::database::Columns;
use gradspace::datasets::{gtsrb, own, scores, tid2013};
use gradspace::files::mat::read_variables;
use gradspace::imaging::decode::decode_picture;
use gradspace::models::vae::{Architecture, Layer};
use gradspace::models::{SparseAutoencoder, Vae};
use gradspace::nn::Parameters;
use gradspace::nn::checkpoint::{self, About};
use gradspace::report::claims::Claims;
use gradspace::report::diff::diff;
use gradspace::report::folder::Folder;
use gradspace::run::cache::Cache;
use gradspace::run::stages::{Item, Planned, Stage};
use gradspace::stats::random::Stream;
use gradspace::studies::Experiment;

use super::pictures;

/// Reads bytes; whether it accepts them.
type Read = Box<dyn Fn(&[u8]) -> bool>;

/// A reader of outside bytes.
pub struct Reader {
    /// Its name, which is part of the seed.
    pub name: &'static str,
    /// Whether it reads text.
    pub text: bool,
    /// Small valid files.
    pub corpus: Vec<Vec<u8>>,
    /// The reader.
    pub read: Read,
    /// Corrects the check sums of a changed file, so that the change is read.
    pub repair: Option<fn(&mut [u8])>,
    /// The bytes of the image that a file declares, for a format in which a few bytes may stand for any image.
    pub declared: Option<fn(&[u8]) -> usize>,
}

/// All readers. They write their files into `folder`.
pub fn readers(folder: &Path) -> Vec<Reader> {
    let mut readers = images();
    readers.extend([mat(folder), vae(), autoencoder(), experiments(folder), overrides(), claims()]);
    readers.extend(tables(folder));
    readers.extend(results(folder));
    readers.push(cache(folder));
    readers
}

fn reader(name: &'static str, text: bool, corpus: Vec<Vec<u8>>, read: impl Fn(&[u8]) -> bool + 'static) -> Reader {
    Reader { name, text, corpus, read: Box::new(read), repair: None, declared: None }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a folder of the project with this extension, in the order of their names.
fn project_files(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(project(folder)).expect("a folder of the project");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a file of the project")).collect()
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a temporary file");
}

fn folder_in(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(&path).expect("a temporary folder");
    path
}

fn images() -> Vec<Reader> {
    let decodes = |bytes: &[u8]| decode_picture(bytes, None).is_ok();
    let mut streams = project_files("tests/data/jpeg", "jpg");
    // One of them is of a kind that is not read.
    streams.retain(|stream| decodes(stream));
    let jpeg = reader("jpeg", false, streams, decodes);
    let png = Reader { repair: Some(pictures::repair_png), ..reader("png", false, pictures::png(), decodes) };
    let bmp = reader("bmp", false, pictures::bmp(), decodes);
    let tiff = reader("tiff", false, pictures::tiff(), decodes);
    let webp =
        Reader { declared: Some(pictures::declared_by_webp), ..reader("webp", false, pictures::webp(), decodes) };
    let pnm = reader("pnm", true, pictures::pnm(), decodes);
    vec![jpeg, png, bmp, tiff, webp, pnm]
}

fn mat(folder: &Path) -> Reader {
    let path = folder.join("a.mat");
    reader("mat", false, project_files("tests/data/multi_live", "mat"), move |bytes| {
        write(&path, bytes);
        read_variables(&path).is_ok()
    })
}

/// A variational autoencoder of the fewest parameters, as a checkpoint of each type of numbers.
fn vae() -> Reader {
    let layer = Layer { channels: 1, kernel: 2, stride: 2, padding: 0 };
    let architecture = Architecture { image: [1, 4, 4], encoder: vec![layer], latent: 1, decoder: vec![layer] };
    let text = serde_json::to_string(&architecture).expect("numbers by name");
    let vae = Vae::new(architecture).expect("layers that fit");
    let about = About::from([("architecture".to_owned(), text)]);
    let single: Parameters<f32> = vae.parameters(Stream::new(0, "fuzz", 0).rng());
    let double: Parameters<f64> = vae.parameters(Stream::new(0, "fuzz", 0).rng());
    let corpus = vec![checkpoint::to_bytes(&[&single], &about), checkpoint::to_bytes(&[&double], &about)];
    reader("network weights", false, corpus, |bytes| Vae::from_safetensors(bytes, Path::new("w.safetensors")).is_ok())
}

fn autoencoder() -> Reader {
    let corpus = vec![SparseAutoencoder::initial(192, 1, Stream::new(0, "fuzz", 0).rng()).to_safetensors()];
    reader("autoencoder weights", false, corpus, |bytes| SparseAutoencoder::from_safetensors(bytes, "w").is_ok())
}

fn experiments(folder: &Path) -> Reader {
    let path = folder.join("experiment.toml");
    reader("experiment", true, project_files("experiments", "toml"), move |bytes| {
        write(&path, bytes);
        Experiment::read(&path, None, &[]).is_ok()
    })
}

/// The overrides of an experiment, one on a line.
fn overrides() -> Reader {
    let path = project("experiments/quick.toml");
    let corpus = [
        "iqa.methods=psnr,ssim\nseed=7\ntitle=a title\ntraining.autoencoder.rho=0.1",
        "iqa.methods=[\"psnr\"]\ndataset.path=x\nstatistics.bootstrap=100",
        "stand_in={scenes=3,width=96,height=64,types=[1],levels=[1,5]}\nstatistics.resample=images",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec()).to_vec();
    reader("overrides", true, corpus, move |bytes| {
        let lines: Vec<String> = String::from_utf8_lossy(bytes).split('\n').map(str::to_owned).collect();
        Experiment::read(&path, None, &lines).is_ok()
    })
}

fn claims() -> Reader {
    let corpus = ["multi-live", "gtsrb"].map(|name| std::fs::read(project(&format!("results/{name}/claims.json"))));
    let corpus = corpus.map(|bytes| bytes.expect("a file of the project")).to_vec();
    reader("claims", true, corpus, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        Claims::parse(&text, Path::new("claims.json")).map(|claims| claims.text()).is_ok()
    })
}

/// The readers of tables. The images that they name are there.
fn tables(folder: &Path) -> Vec<Reader> {
    let own_folder = folder_in(folder, "own");
    ["a.png", "b.png", "c.png"].iter().for_each(|name| write(&own_folder.join(name), b"its name suffices"));
    let columns = Columns {
        image: "image".into(),
        reference: "reference".into(),
        score: "mos".into(),
        deviation: Some("std".into()),
        kind: Some("type".into()),
    };
    let own_table = own_folder.join("scores.csv");
    let corpus = lines(&[
        "image,reference,mos,std,type\nb.png,a.png,3.5,0.5,blur\nc.png,a.png,1e-3,0,\"a, b\"\n",
        "# a comment\r\nmos;std;reference;distorted;type\r\n\r\n3.5;0.5;a.png;b.png;blur\r\n",
    ]);
    let own = reader("own table", true, corpus, move |bytes| {
        write(&own_table, bytes);
        own::read(&own_table, &columns, true).is_ok()
    });

    let score_file = folder.join("method.csv");
    let corpus = lines(&["name,psnr,\"a, b\"\ni01_01_1.bmp,33.5,\ni01_01_2,inf,2\n", "image\tx\nI02_03_4\t-1e9\n"]);
    let method = reader("score file", true, corpus, move |bytes| {
        write(&score_file, bytes);
        scores::read_csv(&score_file, tid2013::NAMING, None, &[]).is_ok()
    });

    let tid_folder = folder_in(folder, "tid");
    for (part, name) in [("reference_images", "I01.BMP"), ("distorted_images", "i01_01_1.bmp")] {
        write(&folder_in(&tid_folder, part).join(name), b"its name suffices");
    }
    let mos = tid_folder.join("mos_with_names.txt");
    let corpus = lines(&["5.51429 i01_01_1.bmp\n5.56757 i01_01_2.bmp\n", "1 i01_01_1.bmp\r\n"]);
    let tid = reader("TID2013's scores", true, corpus, move |bytes| {
        write(&mos, bytes);
        tid2013::read(&tid_folder).is_ok()
    });

    let signs = folder_in(folder, "signs");
    ["a.png", "b.png"].iter().for_each(|name| write(&signs.join(name), b"its name suffices"));
    let manifest = signs.join("manifest.csv");
    let corpus =
        lines(&["file,class_id,class_name,track,frame,width,height,split\na.png,0,Limit 20,0,5,31,30,train\n\
                          b.png,1,\"Limit, 30\",3,0,40,41,test\n"]);
    let gtsrb = reader("GTSRB's manifest", true, corpus, move |bytes| {
        write(&manifest, bytes);
        gtsrb::read(&signs).is_ok()
    });
    vec![own, method, tid, gtsrb]
}

fn lines(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The files of a results folder, each a reader that changes this file and reads the whole folder.
fn results(folder: &Path) -> Vec<Reader> {
    let source = project("results/multi-live-stand-in");
    let names = ["manifest.json", "table.json", "claims.json", "sections.json", "pictures.json"];
    let readers = ["results: manifest", "results: table", "results: claims", "results: sections", "results: pictures"];
    let one = |(name, reader_name): (&str, &'static str)| {
        let results = folder_in(folder, &format!("results-{name}"));
        for name in names {
            std::fs::copy(source.join(name), results.join(name)).expect("a file of the project");
        }
        let corpus = vec![std::fs::read(source.join(name)).expect("a file of the project")];
        let remarks = Folder::read(&results).remarks();
        let sound = Folder::read(&results).results().expect("results of the project");
        let path = results.join(name);
        reader(reader_name, true, corpus, move |bytes| {
            write(&path, bytes);
            let folder = Folder::read(&results);
            let complains = folder.remarks() != remarks;
            folder.results().map(|results| diff(&results, &sound)).is_ok() && !complains
        })
    };
    names.into_iter().zip(readers).map(one).collect()
}

static STAGE: Stage = Stage { name: "fuzz", files: &[], rooms: &[] };

/// An entry of the stage cache, accepted if its result is taken.
fn cache(folder: &Path) -> Reader {
    let results = folder_in(folder, "cached");
    let item = Item::new(&STAGE, ("settings", 7));
    let planned = Planned::items(&STAGE, vec![item.clone()]);
    let cache = Cache::open(&results, &[], &[planned], |_| {}).expect("a folder that may be written");
    let value = || vec![("PSNR".to_owned(), vec![0.5, 1.5]), ("SSIM".to_owned(), Vec::new())];
    cache.item(&item, || Ok(value())).expect("a folder that may be written");
    let entry = cache.workplace(&item, "entry");
    let corpus = vec![std::fs::read(&entry).expect("the entry")];
    reader("cache entry", false, corpus, move |bytes| {
        write(&entry, bytes);
        let mut computed = false;
        let work = || {
            computed = true;
            Ok(value())
        };
        let found: Vec<(String, Vec<f64>)> = cache.item(&item, work).expect("a folder that may be written");
        assert_eq!(found, value(), "a changed entry has another result");
        cache.reasons("fuzz", &[&Item::new(&STAGE, ("settings", 8))]);
        !computed
    })
}
