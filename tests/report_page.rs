//! Tests `gradspace report`: the content of the page, incomplete results folders, and the layout in a browser.
//!
//! The browser is headless Chromium. Without it the browser tests are skipped with a message; in CI its absence is a failure. Their
//! screenshots are written to the folder `tmp` of the target folder.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gradspace::imaging::decode::read_image;
use gradspace::report::claims::{Claims, Outcome};
use tempfile::TempDir;

/// Claims with every outcome, including characters that HTML must escape.
const CLAIMS: &str = r#"{
  "title": "t", "data": "d", "claims": [
    {"says": "gradients are better than <activations> & all", "place": "ICIP 2019, abstract", "outcome": "does not hold", "tests": [
      {"test": "gradient.srocc > others.srocc", "subset": "all", "numbers": "images", "data": "24 images", "outcome": "does not hold",
       "decided_by": "interval", "reason": "0.81 to 0.82, and the interval excludes zero", "comparisons": [
        {"left": "gradient", "right": "unique", "statistic": "srocc", "left_value": 0.81, "right_value": 0.82, "difference": -0.01,
         "z": null, "low": -0.02, "high": -0.001, "p": null, "tolerance": null, "outcome": "does not hold"},
        {"left": "gradient", "right": "ssim", "statistic": "srocc", "left_value": 0.81, "right_value": 0.7, "difference": 0.11,
         "low": null, "high": null, "p": 0.0001, "tolerance": null, "outcome": "holds"}]}]},
    {"says": "a second claim", "place": "table 1", "outcome": "holds", "tests": []},
    {"says": "a third claim", "place": "table 1", "outcome": "undecided", "tests": []},
    {"says": "a fourth claim with_a_very_long_word_that_no_screen_is_wide_enough_for_and_that_has_to_be_broken", "place": "table 2",
     "outcome": "not attempted", "tests": []}
  ]
}"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn gradspace(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradspace")).args(arguments).current_dir(folder).output().expect("the program")
}

/// A folder with `results`, and its page. It has the committed results, those of the quick experiment, claims in two of them, and four
/// folders with errors.
fn page() -> (TempDir, String) {
    let work = TempDir::new().expect("a folder");
    let quick = root().join("experiments/quick.toml").display().to_string();
    assert!(gradspace(work.path(), &[&quick, "--quiet"]).status.success());
    std::os::unix::fs::symlink(root().join("experiments"), work.path().join("experiments")).expect("a link");
    let results = work.path().join("results");
    let copy = |from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool| {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder of results") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
            if path.is_file() && wanted(&name) {
                std::fs::copy(&path, to.join(name)).expect("a copy");
            }
        }
    };
    for entry in std::fs::read_dir(root().join("results")).expect("results") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            copy(&path, &results.join(path.file_name().expect("a name")), &|name| name != "run.json");
        }
    }
    let quick = results.join("quick-stand-in");
    copy(&quick, &results.join("unfinished-stand-in"), &|name| name != "manifest.json");
    copy(&quick, &results.join("damaged-stand-in"), &|name| name != "scores.csv");
    copy(&quick, &results.join("older-stand-in"), &|name| !["sections.json", "pictures.json"].contains(&name));
    std::fs::create_dir(results.join("empty")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(results.join(name), text).expect("a file");
    write("damaged-stand-in/claims.json", "{\"claims\": [");
    write("damaged-stand-in/table.csv", "edited");
    let manifest = std::fs::read_to_string(quick.join("manifest.json")).expect("a manifest");
    write("older-stand-in/manifest.json", &manifest.replace("\"version\": \"", "\"version\": \"0.0.1-"));
    write("quick-stand-in/claims.json", CLAIMS);
    copy(&quick, &results.join("real"), &|_| true);
    write("real/manifest.json", &manifest.replace("\"data\": \"stand-in: ", "\"data\": \""));
    let output = gradspace(work.path(), &["report"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let html = std::fs::read_to_string(results.join("index.html")).expect("the page");
    (work, html)
}

/// The text between the first `from` and the next `to`.
fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let rest = html.split_once(from).unwrap_or_else(|| panic!("no {from}")).1;
    rest.split_once(to).unwrap_or_else(|| panic!("no {to} after {from}")).0
}

/// The part of the page about one folder.
fn article<'a>(html: &'a str, folder: &str) -> &'a str {
    between(html, &format!("<article id=\"experiment-{folder}\">"), "</article>")
}

#[test]
fn the_page_has_everything_and_needs_nothing_else() {
    let (work, html) = page();
    // These do not occur outside of text; text escapes its angle brackets.
    for leading in ["<script", "<link", "<iframe", "src=\"http", "href=\"http", "url(", "@import", "xlink", "onload"] {
        assert!(!html.contains(leading), "{leading} leads out of the page");
    }
    assert!(html.matches("src=\"").count() == html.matches("src=\"data:image/png;base64,").count());
    let mut ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for target in html.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(ids.contains(&target), "#{target} leads nowhere");
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(all, ids.len(), "identifiers are used once");

    // Every claim is in the summary and in its experiment, sorted by outcome.
    let summary = between(&html, "<section id=\"claims\">", "</section>");
    let escaped =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut counts = [[0; 4]; 2];
    for entry in std::fs::read_dir(work.path().join("results")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(path.join("claims.json")) else { continue };
        let Ok(claims) = serde_json::from_str::<Claims>(&text) else { continue };
        let folder = path.file_name().unwrap().to_str().unwrap();
        for claim in &claims.claims {
            let says = escaped(&claim.says);
            assert!(summary.contains(&says) && article(&html, folder).contains(&says), "{folder}: {says}");
            let place = Outcome::ALL.iter().position(|outcome| *outcome == claim.outcome).unwrap();
            counts[usize::from(folder.ends_with("-stand-in"))][place] += 1;
        }
        assert!(summary.contains(&format!("href=\"#experiment-{folder}\"")), "{folder}");
    }
    for (name, expected) in ["real data", "stand-ins"].into_iter().zip(counts) {
        let row = between(summary, &format!("<th scope=\"row\">{name}</th>"), "</tr>");
        let cells: Vec<&str> = row.split("<td>").skip(1).map(|cell| cell.split('<').next().unwrap()).collect();
        assert_eq!(cells, expected.map(|count| count.to_string()), "{name}");
        assert!(expected.iter().all(|count| *count > 0), "{name}: {expected:?}");
    }
    // Two experiments make this claim with the same numbers, so the summary has it once.
    assert_eq!(summary.matches("gradients are better than &lt;activations&gt; &amp; all").count(), 1);
    for part in
        ["0.81 to 0.82, and the interval excludes zero", "[−0.020, −0.001]", "p = 1.0e−4", "ICIP 2019, abstract"]
    {
        assert!(article(&html, "real").contains(part), "{part}");
    }

    // Only results on synthetic images are labelled. Results on real data come first.
    const LABEL: &str = "<span class=\"stand-in\">stand-in</span>";
    let mut order = Vec::new();
    for article in html.split("<article id=\"experiment-").skip(1) {
        let (folder, text) = article.split_once('"').unwrap();
        let heading = between(text, "<h3>", "</h3>");
        assert_eq!(heading.contains(LABEL), folder.ends_with("-stand-in"), "{folder}");
        order.push(folder);
    }
    assert!(order.is_sorted_by_key(|folder| folder.ends_with("-stand-in")), "{order:?}");
    for entry in std::fs::read_dir(work.path().join("results")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(!entry.path().is_dir() || order.contains(&&*name), "{name} is not on the page");
    }

    // Tables with the published numbers, charts, pictures, and the provenance of the results.
    let quick = article(&html, "quick-stand-in");
    for part in [
        "<svg role=\"img\" aria-label=\"Spearman's rank correlation (SROCC) of the scores of each method with the known severity",
        "alt=\"References, distorted images, and a map of where the gradient's features of the two differ.\"",
        "<figcaption>References, distorted images, and a map of where the gradient's features of the two differ. <span",
        "gradspace experiments/quick.toml</code>",
        "experiment: 2019",
        " thread",
    ] {
        assert!(quick.contains(part), "{part} is not in the quick experiment's part");
    }
    // Pictures are sorted by rank. Without a list of pictures they are sorted by name, and title and data become the caption.
    let order = |folder: &str| {
        let mut charts = ["srocc", "scatter", "types"];
        charts.sort_by_key(|name| article(&html, folder).find(&format!("{folder}/{name}.svg")).expect(name));
        charts
    };
    assert_eq!(order("quick-stand-in"), ["srocc", "types", "scatter"]);
    assert_eq!(order("older-stand-in"), ["scatter", "srocc", "types"]);
    assert!(
        article(&html, "older-stand-in").contains(
            "<svg role=\"img\" aria-label=\"Quick check of the whole pipeline. stand-in: 2 procedural scenes"
        )
    );
    let gtsrb = article(&html, "gtsrb");
    for part in [
        "49.8 ± 0.3 (56.51)",
        "gradspace experiments/gtsrb.toml --data DIR</code>",
        "Unknown: the times in <code>run.json</code> are not committed.",
    ] {
        assert!(gtsrb.contains(part), "{part} is not in the part of GTSRB");
    }
    assert!(gtsrb.contains("<img src"), "a chart of 400 kB is shown as pixels");

    // A second run gives the same page.
    assert!(gradspace(work.path(), &["report", "results"]).status.success());
    assert_eq!(std::fs::read_to_string(work.path().join("results/index.html")).unwrap(), html);
}

#[test]
fn a_folder_that_is_not_whole_is_shown_with_a_remark() {
    let (_work, html) = page();
    for (folder, remarks) in [
        ("unfinished-stand-in", &["There is no manifest.json"][..]),
        (
            "damaged-stand-in",
            &[
                "The manifest lists missing files: scores.csv.",
                "These files do not have the hashes in the manifest: table.csv.",
                "claims.json is damaged",
            ],
        ),
        ("older-stand-in", &["Version 0.0.1-", "There is no sections.json"]),
        ("empty", &["There is no manifest.json"]),
    ] {
        let text = article(&html, folder);
        for remark in remarks {
            assert!(text.contains(remark), "{folder} does not say: {remark}\n{}", &text[..text.len().min(1500)]);
        }
    }
    for folder in ["quick-stand-in", "real"] {
        assert!(!article(&html, folder).contains("class=\"remark\""), "{folder} is whole");
    }
    assert!(article(&html, "unfinished-stand-in").contains("<table>"), "what is there is shown");
}

#[test]
fn without_results_the_error_says_what_to_run() {
    let work = TempDir::new().unwrap();
    let missing = gradspace(work.path(), &["report"]);
    std::fs::create_dir(work.path().join("results")).unwrap();
    for output in [missing, gradspace(work.path(), &["report", "results"])] {
        assert_eq!(output.status.code(), Some(3));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("results: ") && error.contains("gradspace experiments/tid2013.toml"), "{error}");
    }
}

/// Headless Chromium, or `None` after a message. In CI its absence is a failure.
fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found =
        std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|p| p.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "Chromium must be there in CI: apt-get install chromium");
        let _ = std::io::stderr()
            .write_all(b"SKIPPED how the page looks: there is no Chromium; apt-get install chromium\n");
    }
    found
}

/// The standard output of Chromium.
fn browse(chromium: &Path, profile: &Path, arguments: &[&str], page: &Path) -> String {
    let output = Command::new(chromium)
        // The sandbox is not available as root or in a container. It is not needed, because the pages are the test's own.
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"])
        .args(["--no-first-run", "--allow-file-access-from-files"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("Chromium runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A script that measures its document with all details open. It reports how much wider than the window the document is. It also reports
/// the elements that extend beyond the window outside of a scrolling box.
const MEASURE: &str = r#"<script>
addEventListener("load", () => {
  document.querySelectorAll("details").forEach(d => d.open = true);
  const root = document.documentElement, width = root.clientWidth, scrolls = e => ["auto", "scroll", "hidden"].includes(getComputedStyle(e).overflowX);
  const beyond = [...document.querySelectorAll("body *")].filter(e => {
    if (e.closest(".skip") || e.getBoundingClientRect().right <= width + 0.5) return false;
    for (let up = e.parentElement; up !== document.body; up = up.parentElement) if (scrolls(up)) return false;
    return true;
  });
  const names = beyond.slice(0, 5).map(e => e.tagName + "." + e.className.toString() + " " + e.textContent.slice(0, 40));
  parent.postMessage([width, root.scrollWidth - width, beyond.length, names.join(" | ")].join(";"), "*");
});
</script></body>"#;

#[test]
fn nothing_reaches_beyond_a_phone_or_a_desk() {
    let Some(chromium) = chromium() else { return };
    let (work, html) = page();
    let profile = work.path().join("profile");
    let write = |name: &str, text: &str| std::fs::write(work.path().join(name), text).expect("a file");
    let measured = |name: &str, html: &str, width: u32| -> Vec<String> {
        assert!(html.contains("</body>"));
        write(&format!("{name}.html"), &html.replace("</body>", MEASURE));
        write(
            "frame.html",
            &format!(
                "<!doctype html><iframe src=\"{name}.html\" style=\"border:0;width:{width}px;height:900px\"></iframe><pre id=\"said\"></pre>\
             <script>addEventListener('message', e => document.getElementById('said').textContent = e.data)</script>"
            ),
        );
        let dom = browse(
            &chromium,
            &profile,
            &["--dump-dom", "--virtual-time-budget=20000"],
            &work.path().join("frame.html"),
        );
        let said = between(&dom, "<pre id=\"said\">", "</pre>");
        let parts: Vec<String> = said.splitn(4, ';').map(str::to_owned).collect();
        assert_eq!(parts.len(), 4, "the page was not measured: {said}");
        parts
    };
    for width in [390, 1400] {
        let found = measured("copy", &html, width);
        assert_eq!(found[..3], [width.to_string(), "0".into(), "0".into()], "at {width} px: {}", found[3]);
    }
    // The script must detect an element that is too wide.
    let wide = html.replace("<footer>", "<p style=\"min-width:1500px\">wide</p><footer>");
    let found = measured("wide", &wide, 390);
    assert!(found[1].parse::<u32>().unwrap() > 1000 && found[2] == "1" && found[3].contains("wide"), "{found:?}");
}

#[test]
fn it_is_light_and_dark() {
    let Some(chromium) = chromium() else { return };
    let (work, html) = page();
    let profile = work.path().join("profile");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(work.path().join("page.html"), &html).unwrap();
    for width in [390, 1400] {
        let frame = format!(
            "<!doctype html><meta name=\"color-scheme\" content=\"light dark\"><body style=\"margin:0;overflow:hidden\">\
             <iframe src=\"page.html\" style=\"border:0;width:{width}px;height:5000px\"></iframe>"
        );
        std::fs::write(work.path().join("frame.html"), frame).unwrap();
        let ground = |scheme: &str, preferred: u8| {
            let picture = folder.join(format!("report-{width}-{scheme}.png"));
            let (size, shot) =
                (format!("--window-size={},5000", width.max(500)), format!("--screenshot={}", picture.display()));
            // In Blink's numbering 0 is dark and 1 is light.
            let scheme = format!("--blink-settings=preferredColorScheme={preferred}");
            browse(&chromium, &profile, &[&size, &shot, &scheme], &work.path().join("frame.html"));
            let image = read_image(&picture).unwrap();
            assert!(image.width >= width && image.height == 5000, "{}×{}", image.width, image.height);
            // The background colour at the left edge, and the number of pixels beside it with another colour, which are text.
            let ground = image.pixel(2, 2);
            let others = (0..5000)
                .flat_map(|y| (20..width - 20).step_by(7).map(move |x| (x, y)))
                .filter(|&(x, y)| image.pixel(x, y) != ground)
                .count();
            assert!(others > 10_000, "{others} pixels are not the ground");
            ground.map(u32::from).iter().sum::<u32>()
        };
        let (light, dark) = (ground("light", 1), ground("dark", 0));
        assert!(light > 3 * 230 && dark < 3 * 50, "the ground is {light} and {dark}");
    }
}
