#!/bin/sh
# Becomes the seeder, as process 1. What the image sets up for it is in the environment, where `command: [seeder]`,
# which passes this by, finds it too.
exec seeder "$@"
