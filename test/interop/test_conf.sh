#!/bin/bash
# The commands about a configuration that need no gateway: check, print, plan, schema, completion;
# their exit codes, what they say for people and for programs, and what they say without a gateway.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3
python3 -c 'import jsonschema, yaml' 2>/dev/null ||
	skip "python3-jsonschema or python3-yaml is missing; tools/packages.sh installs them"

GOLDEN=$HERE/../golden/conf
ends_with() { # CODE COMMAND...
	local wanted=$1 code=0
	shift
	"$@" >"$BOX/out" 2>"$BOX/err" || code=$?
	equal "exit code of ${*##*/}" "$wanted" "$code"
}

# ---- check ------------------------------------------------------------------------------------

ends_with 0 "$SLUICE" check "$GOLDEN/good-all.yaml"
says "it says what it has read" "is good: 3 interfaces, 3 routes, 2 pools, 4 nat rules, 2 one-to-one" "$BOX/out"
ends_with 0 "$SLUICE" check "$HERE/../../examples/sluice.yaml"
says "one is one" "4 nat rules, 1 one-to-one, 1 service, 14 filter rules, 2 sets of 6 elements" "$BOX/out"
ends_with 0 "$SLUICE" check "$GOLDEN/good-small.yaml"
says "and what somebody may have forgotten" "^note: .*every packet keeps its addresses" "$BOX/out"
printf 'filter: {input: drop}\nnat: {rules: [{}]}\n' | cat "$GOLDEN/good-small.yaml" - >"$BOX/input.yaml"
ends_with 0 "$SLUICE" check "$BOX/input.yaml"
says "who is cut off" "^note: filter.input lets no echo request in" "$BOX/out"
equal "for programs, too" 2 "$("$SLUICE" check --json "$BOX/input.yaml" | jq '.notes | length')"
says_not "the example thinks of all" "^note" <("$SLUICE" check "$HERE/../../examples/sluice.yaml")
ends_with 1 "$SLUICE" check "$GOLDEN/bad-rules.yaml"
says "a mistake has its place" "bad-rules.yaml:12:14: there is no pool 'ofice'; did you mean 'office'" "$BOX/err"
equal "and all of them are told" "$(wc -l <"$GOLDEN/bad-rules.err")" "$(wc -l <"$BOX/err")"
ends_with 1 "$SLUICE" check --json "$GOLDEN/bad-rules.yaml"
equal "for programs, too" "false 12 14" "$(jq -r '"\(.good) \(.errors[0].line) \(.errors[0].column)"' "$BOX/out")"
ends_with 0 "$SLUICE" check --json "$GOLDEN/good-all.yaml"
equal "none is an empty list" "true 0" "$(jq -r '"\(.good) \(.errors | length)"' "$BOX/out")"
ends_with 1 "$SLUICE" check "$BOX/none.yaml"
says "a file that is not there" "none.yaml: No such file" "$BOX/err"
ends_with 1 "$SLUICE" check "$BOX"
says "a folder is no file" "is no file" "$BOX/err"
ends_with 2 "$SLUICE" check
says "which file" "which file" "$BOX/err"
ends_with 2 "$SLUICE" check --jsn "$GOLDEN/good-all.yaml"
says "an option that is none" "did you mean --json" "$BOX/err"

# ---- print and plan ---------------------------------------------------------------------------

ends_with 0 "$SLUICE" print "$GOLDEN/good-all.yaml"
check "the canonical form" cmp "$BOX/out" "$GOLDEN/good-all.ok"
check "is its own canonical form" cmp <("$SLUICE" print - <"$BOX/out") "$GOLDEN/good-all.ok"
ends_with 0 "$SLUICE" print --all "$GOLDEN/good-small.yaml"
says "with the defaults" "tcp-established: 2h4m" "$BOX/out"
check "which say nothing new" cmp <("$SLUICE" print - <"$BOX/out") "$GOLDEN/good-small.ok"
ends_with 1 "$SLUICE" print "$GOLDEN/bad-tab.yaml"
ends_with 0 "$SLUICE" plan "$GOLDEN/good-from-host.yaml"
says "the tables" "^flows +[0-9]+ +[0-9]+" "$BOX/out"
says "and the sum in pages" "^[0-9]+ MB, [0-9]+ huge pages" "$BOX/out"
bytes() { "$SLUICE" plan --json "$1" | jq .bytes; }
small=$(bytes "$GOLDEN/good-small.yaml")
printf 'limits: {flows: 1M}\n' | cat "$GOLDEN/good-small.yaml" - >"$BOX/more.yaml"
at_least "more flows need more memory" $((small + 700000 * 83)) "$(bytes "$BOX/more.yaml")"

# ---- schema and completion --------------------------------------------------------------------

ends_with 0 "$SLUICE" schema limits.flows
says "one key" "a number from 256 to 67108864" "$BOX/out"
ends_with 2 "$SLUICE" schema limits.flws
says "one that is none" "did you mean 'flows'" "$BOX/err"
ends_with 0 "$SLUICE" schema --json
check "the schema is JSON" jq -e '.properties.nat.properties.rules.items.properties.pool' "$BOX/out"
# An editor that has the schema marks what the program would refuse for its form, and nothing else.
cp "$BOX/out" "$BOX/schema.json"
schema_check() { python3 "$HERE/schema_check.py" "$BOX/schema.json" "$@"; }
check "the schema is one" schema_check
schema_check "$GOLDEN"/good-*.yaml "$HERE"/../../examples/*.yaml >"$BOX/judged"
at_least "files are held against it" 11 "$(wc -l <"$BOX/judged")"
equal "it takes every good one" "" "$(grep -v ^taken "$BOX/judged")"
schema_check "$GOLDEN"/bad-*.yaml >"$BOX/judged"
for form in deep-unknown:foo empty-value:gateway filter-words:filter.output list: missing:routes.0 \
	many-errors: routing-words:routing scalar: service-words:limits sets:filter.sets shape:tracking \
	subscribers:subscribers too-many:interfaces unknown-key:gatway values: ao:routing.bgp.peers; do
	says "it refuses ${form%:*}" "^refused bad-${form%:*}.yaml: .*${form#*:}" "$BOX/judged"
done
printf 'filter: {rules: [{action: drop, protocol: icmp, icmp: %s}]}\n' eco >"$BOX/icmp.yaml"
cat "$GOLDEN/good-small.yaml" >>"$BOX/icmp.yaml"
says "and a name that is none" "^refused icmp.yaml: filter.rules.0.icmp" <(schema_check "$BOX/icmp.yaml")
for shell in bash zsh; do
	ends_with 0 "$SLUICE" completion $shell
	command -v $shell >/dev/null && check "words for $shell" $shell -n "$BOX/out"
done

# ---- without a gateway ------------------------------------------------------------------------

for what in diff apply reload; do
	ends_with 1 "$SLUICE" $what "$GOLDEN/good-small.yaml" --control "$CONTROL"
	says "nobody is there" "no gateway answers" "$BOX/err"
done
ends_with 2 "$SLUICE" confirm "$GOLDEN/good-small.yaml"
ends_with 2 "$SLUICE" apply "$GOLDEN/good-small.yaml" --confirm 60
says "a time has a unit" "like 60s" "$BOX/err"
ends_with 2 "$SLUICE" run --config "$GOLDEN/bad-rules.yaml"
says "run tells mistakes, too" "bad-rules.yaml:12:14" "$BOX/err"
ends_with 2 "$SLUICE" run --config -
says "a gateway needs a file" "has to be a file" "$BOX/err"
ends_with 2 "$SLUICE" run --config "$GOLDEN/good-all.yaml" --flows 300
says "a file or options" "--flows: with --config" "$BOX/err"
finish
