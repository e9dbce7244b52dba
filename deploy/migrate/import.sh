#!/usr/bin/env bash
# Captions again what another system has saved: a job for each row of its table, with the picture from its volume.
#
#   import.sh ROWS FILES IMPORTED
#
# ROWS      lines of id, file, text at the top, text at the bottom, with tabs between: what `\copy (SELECT …) TO` of PostgreSQL and
#           `mysql --batch --skip-column-names` write, their escapes included
# FILES     the folder that the files of ROWS are in
# IMPORTED  where what was taken is written: id, job, how it ended
#
# May be stopped and run again at any point, also without IMPORTED: a row makes one job however often it is sent, because its
# id is its Idempotency-Key. PUNCHLINE_SERVER says where the service is, PUNCHLINE_API_KEY opens it. Rows that are refused
# stand in IMPORTED.refused, with the reason. Ends with 0 when every row is done, 65 when some were refused or failed, 69 when
# the service can't be reached.
set -euo pipefail
rows=$1 files=$(realpath "$2") imported=$3
server=${PUNCHLINE_SERVER:-http://127.0.0.1:8080}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$imported.refused"
touch "$imported"

# In a file, because other users can see arguments.
(umask 077 && printf 'header = "Authorization: Bearer %s"\n' "${PUNCHLINE_API_KEY:-none}" >"$work/key")

# ask ARGUMENT... : the status, with the answer in $work/answer. curl waits as long as Retry-After says.
ask() {
    curl --silent --show-error --config "$work/key" --retry 20 --retry-max-time 900 --retry-connrefused \
        --output "$work/answer" --write-out '%{http_code}' "$@"
}

# A column as it was: tabs and line ends were escaped, and \N is nothing.
text() {
    [ "$1" = '\N' ] || printf '%b' "$1"
}

refuse() { # ID REASON
    printf '%s\t%s\n' "$1" "$2" >>"$imported.refused"
}

declare -A known=()
while IFS=$'\t' read -r id job _; do known[$id]=$job; done <"$imported"

# Tabs next to each other would be one to `read`.
while IFS=$'\037' read -r id file top bottom; do
    [ -z "${known[$id]:-}" ] || continue
    picture=$(realpath --quiet "$files/$(text "$file")" || true)
    # A table that strangers filled may name any file.
    if [[ $picture != "$files"/* || ! -f $picture ]]; then
        refuse "$id" "no such file"
        continue
    fi
    ln -sfn "$picture" "$work/picture"
    fields=(-F "file=@$work/picture")
    [ -z "$(text "$top")" ] || fields+=(--form-string "top=$(text "$top")")
    [ -z "$(text "$bottom")" ] || fields+=(--form-string "bottom=$(text "$bottom")")
    status=$(ask -H "Idempotency-Key: import-$id" "${fields[@]}" "$server/v1/jobs") || { echo "the service can't be reached; run this again" >&2; exit 69; }
    case $status in
        200 | 202) printf '%s\t%s\tqueued\n' "$id" "$(jq -r .id "$work/answer")" >>"$imported" ;;
        401 | 403) echo "the service refuses the key" >&2; exit 65 ;;
        4*) refuse "$id" "$(jq -r .code "$work/answer")" ;;
        *) echo "the service answers $status; run this again" >&2; exit 69 ;;
    esac
done < <(tr '\t' '\037' <"$rows")

# Now the ends. The file is replaced as a whole, so that stopping here loses nothing.
while IFS=$'\t' read -r id job state; do
    while [ "$state" = queued ]; do
        status=$(ask "$server/v1/jobs/$job") || exit 69
        state=$([ "$status" = 200 ] && jq -r .state "$work/answer" || echo "gone")
        [ "$state" != queued ] || sleep 1
    done
    printf '%s\t%s\t%s\n' "$id" "$job" "$state"
done <"$imported" >"$work/ended"
mv "$work/ended" "$imported"

awk -F '\t' '{ends[$3]++} END {for (end in ends) print ends[end], end}' "$imported"
[ ! -s "$imported.refused" ] || echo "$(wc -l <"$imported.refused") refused, see $imported.refused"
if [ -s "$imported.refused" ] || awk -F '\t' '$3 != "done" {bad = 1} END {exit !bad}' "$imported"; then exit 65; fi
