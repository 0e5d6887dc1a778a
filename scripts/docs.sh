#!/bin/sh
# Builds the site of the documentation into build/site, and fails if a link leads nowhere. Needs npm, from which the script
# that draws the diagrams comes.
set -eu
cd "$(dirname "$0")/.."

package=@mermaid-js/tiny@12.0.0
integrity=sha512-ZW9YXy+3tSLPscBT+NnQO0K0qYH7BGES5nExl6Snoygey7xd2N0cO7Nq30N5k/u7gIeYoCrldyVy+VTCMWrNDQ==

mkdocs=$(scripts/tool.sh docs)/mkdocs
if [ ! -s build/mermaid.js ]; then
    folder=$(mktemp --directory)
    trap 'rm -rf "$folder"' EXIT
    npm pack --silent --pack-destination "$folder" "$package" >/dev/null
    found=sha512-$(openssl dgst -sha512 -binary "$folder"/*.tgz | base64 --wrap=0)
    if [ "$found" != "$integrity" ]; then
        echo "$package is not the package that is pinned here: $found" >&2
        exit 1
    fi
    tar --extract --gzip --file "$folder"/*.tgz --directory "$folder"
    cp "$folder/package/dist/mermaid.tiny.js" build/mermaid.js
fi
NO_MKDOCS_2_WARNING=1 "$mkdocs" build --quiet --site-dir build/site
echo "build/site/index.html"
