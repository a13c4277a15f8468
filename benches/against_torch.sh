#!/bin/sh
# Compares the images per second with PyTorch: per-image gradients with the authors' loop and with vmap, and training. Both sides use one
# thread and run alternately, three times each; the best rate of each counts.
#
#     benches/against_torch.sh [PYTHON]
#
# This needs a python3 with torch and numpy, and ../shared beside the project.
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
cargo bench --quiet --bench vae --no-run
for run in 1 2 3; do
    GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=8589934592:glibc.malloc.trim_threshold=17179869184:glibc.malloc.arena_max=1 \
        "$python" ../shared/peers/vae_torch.py --threads 1 --images 1024 >>"$out/torch"
    cargo bench --quiet --bench vae -- rates 1 >>"$out/ours"
    cargo bench --quiet --bench vae -- rates 2 >>"$out/two"
done
best() { awk -v name="$2" '$1 == name && $2 > best { best = $2 } END { print best }' "$out/$1"; }
line() { awk -v what="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%-44s %9.0f  %9.0f images/s  %6.1f times\n", what, a, b, b / a }'; }
line "features, against a loop over single images" "$(best torch loop)" "$(best ours features)"
line "features, against vmap" "$(best torch vmap)" "$(best ours features)"
line "training" "$(best torch train)" "$(best ours train)"
line "features, two threads against one" "$(best ours features)" "$(best two features)"
line "training, two threads against one" "$(best ours train)" "$(best two train)"
