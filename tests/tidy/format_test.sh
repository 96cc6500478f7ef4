#!/usr/bin/env bash
# Every C++ and proto file of ours is as clang-format leaves it. Mend with:
#   git ls-files '*.cc' '*.h' 'protos/samverkan/*.proto' | xargs clang-format-14 -i
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.cc' '*.h' 'protos/samverkan/*.proto')
else
  mapfile -t files < <(find services clients tests protos/samverkan -name '*.cc' -o -name '*.h' -o -name '*.proto')
fi

present=()
for file in "${files[@]}"; do
  [[ -e $file ]] && present+=("$file")
done
complaints=$(clang-format-14 --style=file --dry-run "${present[@]}" 2>&1 | sed -n 's/:[0-9]*:[0-9]*: warning:.*//p')
if [[ $complaints ]]; then
  sort -u <<<"$complaints" | sed 's/.*/not formatted: & (clang-format-14 -i &)/'
  exit 1
fi
echo "formatting: ${#present[@]} files are as clang-format leaves them"
