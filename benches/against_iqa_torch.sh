#!/bin/sh
# Compares the time of the field's metrics for one pair of images with piq, in milliseconds. If pyiqa and scikit-image are installed, it
# includes them. Both sides use one thread and run alternately, three times each; the best time of each counts. The times are processor
# times, so other programs have little effect on them.
#
#     benches/against_iqa_torch.sh [PYTHON [REF DIST]]
#
# This needs a python3 with torch, piq and pillow, and ../shared beside the project. Without two images of your own (PNG or BMP), it
# draws a pair of 512×384 pixels. The other libraries' variants sometimes differ from ours, so the output also contains their values.
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
reference=${2:-$out/reference.png}
distorted=${3:-$out/distorted.png}
[ $# -ge 3 ] || "$python" - "$reference" "$distorted" <<'DRAW'
import sys
import numpy as np
from PIL import Image, ImageFilter
y, x = np.mgrid[0:384, 0:512]
scene = 110 + 60 * ((x // 37 + y // 23) % 3 == 0) + 40 * np.sin(x / 11.0) * np.cos(y / 17.0)
noise = np.random.default_rng(0).normal(0, 8, (384, 512, 3))
image = Image.fromarray(np.clip(scene[..., None] + [0, 15, -20] + noise, 0, 255).astype(np.uint8))
image.save(sys.argv[1])
image.filter(ImageFilter.GaussianBlur(1.3)).save(sys.argv[2])
DRAW
by_processor='import runpy, sys, time
time.perf_counter = time.process_time
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")'
cargo bench --quiet --bench iqa --no-run
for run in 1 2 3; do
    # The program stops at the first library that is not installed; it runs the installed ones first.
    OMP_NUM_THREADS=1 "$python" -c "$by_processor" ../shared/peers/iqa_torch.py "$reference" "$distorted" --threads 1 >>"$out/peers" 2>"$out/errors" || true
    RAYON_NUM_THREADS=1 cargo bench --quiet --bench iqa -- metrics "$reference" "$distorted" >>"$out/ours"
done
[ -s "$out/peers" ] || { cat "$out/errors"; exit 1; }
awk '
    BEGIN {
        split("psnr psnr ssim ssim ms_ssim ms_ssim fsim fsim fsimc fsimc iw_ssim iw_ssim srsim sr_sim vif vif gmsd gmsd cw_ssim cw_ssim", pairs)
        for (i = 1; i in pairs; i += 2) ours_of[pairs[i]] = pairs[i + 1]
        printf "%-14s %-9s %10s %10s %8s   %s\n", "peer", "metric", "theirs/ms", "ours/ms", "ratio", "values"
    }
    FNR == NR { if (!($1 in ours) || $2 < ours[$1]) ours[$1] = $2; value[$1] = $3; next }
    $4 == "ms" { key = $1 " " $2; if (!(key in theirs)) order[++count] = key; if (!(key in theirs) || $3 < theirs[key]) theirs[key] = $3; shown[key] = $5 }
    END {
        for (i = 1; i <= count; i++) {
            split(order[i], name, " ")
            own = ours_of[name[2]]
            printf "%-14s %-9s %10.2f %10.2f %8.1f   %s %.5f\n", name[1], name[2], theirs[order[i]], ours[own], theirs[order[i]] / ours[own], shown[order[i]], value[own]
        }
    }' "$out/ours" "$out/peers"
