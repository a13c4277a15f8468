#!/bin/sh
# Compares the time per distorted image with that of a numpy program, and checks that the scores agree. Both use one thread.
#
#     benches/against_numpy.sh DATA_DIR [N]
#
# DATA_DIR is a TID2013 folder that `gradspace rebuild-tid2013` made. N limits the number of images (default 48). This needs a python3
# with numpy, scipy, pillow and safetensors, and ../shared beside the project. The two programs run alternately, three times each. The
# least time of each counts, because other load on the machine can only increase a time.
set -eu
cd "$(dirname "$0")/.."
data=${1:?usage: benches/against_numpy.sh DATA_DIR [N]}
n=${2:-48}
weights=../shared/data/unique_weights/unique_ygcr_autoencoder_f64.safetensors
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
cargo bench --quiet --bench against_numpy --no-run
for run in 1 2 3; do
    python3 ../shared/peers/iqa_numpy.py "$data" "$weights" "$n" >"$out/numpy" 2>>"$out/numpy.time"
    cargo bench --quiet --bench against_numpy -- "$data" "$weights" "$n" >"$out/ours" 2>>"$out/ours.time"
done
awk -F, 'NR == FNR { unique[$1] = $2; gradient[$1] = $3; next }
    { u = $2 - unique[$1]; g = $3 - gradient[$1]; if (u < 0) u = -u; if (g < 0) g = -g; if (u > du) du = u; if (g > dg) dg = g }
    END { printf "%d images, largest difference: unique %.1e, gradient %.1e\n", FNR, du, dg }' "$out/numpy" "$out/ours"
least() { grep 's per distorted image' "$1" | sort -k2 -n | awk 'NR == 1 { print $2 }'; }
numpy=$(least "$out/numpy.time")
ours=$(least "$out/ours.time")
echo "numpy $numpy s, gradspace $ours s per distorted image: $(awk "BEGIN { printf \"%.1f\", $numpy / $ours }") times as fast"
