#!/usr/bin/env bash
# `make run`: starts the local cloud of template.yaml, sends one event, shows what became of it, and stops the cloud.
# run.sh HIKYAKU EVENT QUEUE
set -euo pipefail
cd "$(dirname "$0")"
hikyaku=$1 event=$2 queue=$3
log=target/run.log
# Not the file of a cloud that `make dev` has started here.
file=target/run.json
here=--local=$file

command -v "$hikyaku" > /dev/null || {
  echo "there is no command $hikyaku: install hikyaku, or say where it is: make run HIKYAKU=/path/to/hikyaku" >&2
  exit 1
}

mkdir -p target
# Emptied before the cloud starts: what the last one said would be taken for this one's.
: > "$log"
"$hikyaku" dev --local-file "$file" --sqs-port 0 --dynamodb-port 0 --lambda-port 0 > "$log" 2>&1 &
cloud=$!
trap 'kill $cloud 2> /dev/null; wait $cloud || true' EXIT
until grep -q "Lambda answers" "$log"; do
  kill -0 $cloud 2> /dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
echo "The local cloud of template.yaml runs."

uuid=$("$hikyaku" dispatch --event "$event" --queue "$queue" "$here")
echo "Sent $event to $queue; the job's uuid is $uuid."
state=unknown
for ((i = 0; i < 300; i++)); do
  seen=$("$hikyaku" show "$uuid" "$here" --json) || true
  state=$(sed -n 's/^  "state": "\(.*\)",*$/\1/p' <<< "$seen")
  case ${state:=unknown} in unknown | pending | running*) ;; *) break ;; esac
  # Its function cannot start: nothing comes of waiting.
  case $seen in *$'"notStarted": [\n'*) state="not begun"; break ;; esac
  sleep 0.2
done

echo
echo "Its log lines (hikyaku tail):"
"$hikyaku" tail "$uuid" "$here" 2>&1 | sed 's/^/  /' || true
echo
echo "What is known of it (hikyaku show):"
"$hikyaku" show "$uuid" "$here" 2>&1 | sed 's/^/  /' || true
echo
case $state in
  done) echo "Done. All that the cloud said is in $log." ;;
  unknown | pending | running*) echo "After a minute the job is still $state. All that the cloud said is in $log." >&2; exit 1 ;;
  "not begun") echo "Its function did not start; above stands why. All that the cloud said is in $log." >&2; exit 1 ;;
  *) echo "The job has $state. All that the cloud said is in $log." >&2; exit 1 ;;
esac
