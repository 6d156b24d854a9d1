#!/bin/sh
# Shows that a shared library exports just the functions its header declares, and that every global
# name in its objects begins with swl_ (a program that links them statically sees those too).
# Usage: symbols.sh HEADER LIBRARY OBJECT...
#
# SPDX-License-Identifier: Apache-2.0
set -eu
header=$1 library=$2
shift 2

declared=$(tr '\n' ' ' <"$header" | grep -o 'SWL_API [^;#]*(' | grep -o 'swl_[a-z0-9_]*(' |
  tr -d '(' | sort -u)
# _end and its like are the linker's own.
exported=$(nm -D --defined-only "$library" | awk '{print $3}' |
  grep -vxE '_end|_edata|__bss_start' | sort -u)
foreign=$(nm -g --defined-only "$@" | awk 'NF == 3 && $3 !~ /^swl_/ {print $3}')
status=0

for name in $exported; do
  echo "$declared" | grep -qx "$name" || {
    echo "exported, but not declared in $header: $name"
    status=1
  }
done
for name in $declared; do
  echo "$exported" | grep -qx "$name" || {
    echo "declared in $header, but not exported: $name"
    status=1
  }
done
for name in $foreign; do
  echo "global name without the prefix swl_: $name"
  status=1
done
exit $status
