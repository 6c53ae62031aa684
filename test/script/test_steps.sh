#!/bin/sh
# Whether a step test can fail: each file, with its last expectation made another one, has to be
# refused with file and line. test_steps.sh path/of/steps file...
set -u
steps=$1
shift
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
passed=0 failed=0

# refused FILE LINE: whether that line of the copy, which was made of FILE, is said to be wrong.
refused() {
	if "$steps" "$copy" | grep -q "^FAIL $copy:$2: "; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $1: what is wrong in line $2 is not seen"
	fi
}

for file; do
	line=$(grep -nE '^[0-9+.~]+ [>=] ' "$file" | tail -n 1 | cut -d: -f1)
	sed -E "$line s/ ([>=]) (no )?([a-z]+ )/ \1 wrong \3/" "$file" >"$copy"
	cmp -s "$file" "$copy" && sed -E "$line s/ ([>=]) .*/ \1 wrong/" "$file" >"$copy"
	refused "$file" "$line"
done
echo "$passed passed, $failed failed"
test "$failed" -eq 0
