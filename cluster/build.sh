#!/bin/sh
# Builds factory-cluster: build.sh OUT. Does nothing when OUT was made from these sources by this Go version.
set -eu
out=${1:?usage: build.sh OUT}
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")"

version=v1.34.2
stamp=$(
    {
        go version
        # The paths are part of it: a file that moved is a change.
        find . -type f ! -name '*_test.go' ! -name '*.md' ! -path './bin/*' | LC_ALL=C sort | xargs sha256sum
    } | sha256sum | cut -d' ' -f1
)
if [ -x "$out" ] && [ "$(cat "$out.stamp" 2>/dev/null)" = "$stamp" ]; then
    exit 0
fi

flags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags="$flags -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=34"
    flags="$flags -X $package.gitTreeState=clean"
done
mkdir -p "$(dirname "$out")"
CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o "$out.new" .
# Renamed into place: the old file may be running.
mv "$out.new" "$out"
echo "$stamp" > "$out.stamp"
