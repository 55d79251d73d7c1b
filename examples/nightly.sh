#!/bin/sh
# Looks at a photo library every night. In a crontab:
#
#   15 2 * * *  IMGAI_DAILY_BUDGET=0.25 /path/to/nightly.sh /srv/photos
#
# imgai says nothing when nothing happened, so cron sends no mail then. Credentials come
# from the environment, or from a .env file in the directory this runs in.
set -u

if [ "$#" -eq 0 ]; then
    echo "usage: nightly.sh SOURCE…" >&2
    exit 2
fi

# The morning should find the machine idle, and the disks in order.
imgai classify "$@" --time-limit 5h --max-failure-rate 20%
code=$?

case "$code" in
0)  ;; # All done, or nothing to do.
3)  # Some pictures failed. They are listed above and recorded; what may pass is tried
    # again by the next runs, and a broken picture is not told twice.
    code=0 ;;
75) # The quota, the budget or the time was used up, or another run holds the
    # database. What was paid for is stored, and the next night goes on from there.
    code=0 ;;
69) echo "nightly.sh: Workers AI or R2 could not be reached; the next night tries again." >&2 ;;
77) echo "nightly.sh: the token was refused; no night will succeed until it is replaced." >&2 ;;
66 | 78) echo "nightly.sh: a source or a setting is wrong; see above." >&2 ;;
74) echo "nightly.sh: the database or the source cannot be read; see above." >&2 ;;
*)  echo "nightly.sh: imgai exited with $code." >&2 ;;
esac
exit "$code"
