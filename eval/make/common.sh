# fails NAME [record.ts options] <<'RUN' ... RUN    a run that fails; its exit code is checked
# clean NAME [record.ts options] <<'RUN' ... RUN    a run that ends well
# With ONLY=NAME in the environment only that case is made again.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

record() {
  local name=$1
  if [ -n "${ONLY:-}" ] && [[ "$name" != $ONLY ]]; then cat > /dev/null; return; fi
  # All runs share one folder.
  (cd "$here/../.." && flock /tmp/eval-make.lock node --import tsx eval/make/record.ts "$@")
}
fails() { record "$@"; }
clean() { record "$@" --clean; }
