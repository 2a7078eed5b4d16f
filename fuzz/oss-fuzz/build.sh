#!/bin/sh -eu
# As OSS-Fuzz calls it, in the root of the sources: with $CC, $CXX, $CFLAGS and $LIB_FUZZING_ENGINE.
# The harnesses and what belongs to them go to $OUT. It builds in a copy, so that nothing that was
# built here before is used.
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

tar cf - --exclude=./build --exclude=./.git . | tar xf - -C "$build"
cd "$build"
scons -Q -j"$(nproc)" fuzz
for source in fuzz/*.c; do
    name=$(basename "$source" .c)
    cp "build/fuzz/$name" "$OUT/"
    (cd "build/fuzz/seeds/$name" && python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" ./*)
done
cp fuzz/*.dict fuzz/*.options "$OUT/"
