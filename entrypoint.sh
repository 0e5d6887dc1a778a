#!/bin/sh
# Seeds from /seeds when something is there and SEED_PATH does not say otherwise, then becomes the seeder.
set -eu

if [ -z "${SEED_PATH:-}" ] && [ -d /seeds ]; then
    for entry in /seeds/*; do # no hidden names: a ConfigMap's ..data is not a seed
        # A dangling link and a folder that may not be listed count too: the seeder then says what is wrong,
        # where it would otherwise write the built-in seeds and nobody would notice.
        if [ -e "$entry" ] || [ -L "$entry" ] || [ ! -r /seeds ]; then
            export SEED_PATH=/seeds
            break
        fi
    done
fi

exec seeder "$@"
