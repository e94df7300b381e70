#!/bin/sh
# What one would write with mawk: drops by all that stands behind ` location=`.
#   count-mawk.sh FILE [check]
if [ "$2" = check ]; then print='print k, n[k] | "LC_ALL=C sort | sha256sum"'; fi
exec mawk '
	{ at = index($0, " location="); if (at) { n[substr($0, at + 10)]++; seen++ } else if ($2 == "[LOST") lost += $3; else malformed++ }
	END { for (k in n) { keys++; '"$print"' } close("LC_ALL=C sort | sha256sum"); print "seen", seen + 0, "lost", lost + 0, "malformed", malformed + 0, "keys", keys + 0 }
' "$1"
