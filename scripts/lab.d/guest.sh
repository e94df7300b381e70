# shellcheck shell=bash
# One guest: the job folder it is given, the command line that boots it, and
# the wait for its end. Sourced by scripts/lab.

# An emulated boot takes 5 s; several at once on a busy machine, half a minute.
readonly BOOT_LIMIT=120

# Writes the job folder: how the guest learns what to do, and we how it went.
make_job() {
  local rows=24 cols=80 node='' path=$PATH folder variable
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/kwho-lab.XXXXXX")
  CLEANUP+=("$WORK")
  mkdir "$WORK/job"
  : >"$WORK/job/stdout"
  : >"$WORK/job/stderr"
  [[ $TERMINAL == no ]] || read -r rows cols < <(stty size)
  [[ $ROOT != / ]] || node=$(realpath "$(command -v node)" 2>/dev/null) || node=
  assign CWD "$PWD" SHARE "${SHARE:+yes}" NODE "$node" \
    TERMINAL "$TERMINAL" ROWS "$rows" COLS "$cols" >"$WORK/job/settings"
  for folder in /usr/local/sbin /usr/sbin /sbin; do
    [[ :$path: == *:$folder:* ]] || path+=:$folder
  done
  {
    echo 'set -a'
    assign PATH "$path" HOME /root USER root SHELL /bin/sh TERM "${TERM:-dumb}" LANG C.UTF-8 KWHO_LAB "$KERNEL"
    [[ -z $SHARE ]] || assign LAB_SHARE /lab
    for variable in "${VARIABLES[@]}"; do assign "${variable%%=*}" "${variable#*=}"; done
    printf 'exec %s\n' "$(quote "${JOB[@]}")"
  } >"$WORK/job/command"
}

# assign NAME VALUE…: prints shell assignments.
assign() {
  while (($#)); do
    printf '%s=%s\n' "$1" "$(quote "$2")"
    shift 2
  done
}

# Prints words so that any shell takes them as they are, whatever their bytes.
quote() {
  local LC_ALL=C word
  for word; do printf "'%s' " "${word//\'/"'\\''"}"; done
}

# Sets GUEST_COMMAND to the command line of the guest.
#
# thread=single: with a thread for each processor, emulation misses now and then
# that one of them patches code the other runs, as every change of a probe, a
# filter or an event does; the guest then dies of "Oops: int3". For the same
# host time, two threads are no faster either.
# tsc, no_timer_check: the kernel's checks of its clocks against each other fail
# where time comes in slices; one of them can hang the start of 7.2.
compose_guest() {
  local home=$CACHE/$KERNEL
  ensure_initramfs "$KERNEL"
  GUEST_COMMAND=(
    setpriv --pdeathsig KILL # the guest ends with this script, even a killed one
    qemu-system-x86_64 -name "kwho-lab-$KERNEL"
    -nodefaults -no-user-config -no-reboot -display none
    -accel 'tcg,thread=single' -cpu max -smp "$CPUS" -m "$MEMORY"
    -kernel "$home/$IMAGE" -initrd "$INITRAMFS"
    -append "console=ttyS0 quiet panic=-1 net.ifnames=0 tsc=reliable no_timer_check$APPEND"
    "$@"
  )
  export_folder root "$ROOT" on
  export_folder modules "$home/lib/modules/$(release_of "$KERNEL")" on
  export_folder job "$WORK/job" off
  [[ -z $SHARE ]] || export_folder share "$SHARE" off
}

# multidevs=remap: other file systems may be mounted below the folder.
export_folder() {
  local tag=$1 path readonly=$3
  path=$(option_text "$(realpath "$2")")
  GUEST_COMMAND+=(
    -fsdev "local,id=$tag,path=$path,security_model=none,multidevs=remap,readonly=$readonly"
    -device "virtio-9p-pci,fsdev=$tag,mount_tag=$tag"
  )
}

# QEMU wants commas in a value doubled.
option_text() {
  printf '%s' "${1//,/,,}"
}

# Starts the guest, and again when the kernel does not get as far as the
# command: on a busy machine an emulated start may come to nothing. The command
# has not run yet then, so that another start hides nothing.
boot_guest() {
  local attempt
  BEGIN=$SECONDS
  exec {CLOCK}<> <(:) # never readable: reading it is a sleep without a process
  for attempt in 1 2 3; do
    start_guest
    if await_start; then return; fi
    if ((attempt == 3)) || grep -q '^lab: ' "$WORK/serial"; then give_up 70 "$FAILURE"; fi
    stop_guest
    say "$FAILURE; trying again"
  done
}

start_guest() {
  : >"$WORK/serial"
  "${GUEST_COMMAND[@]}" </dev/null >"$WORK/qemu" 2>&1 &
  GUEST=$!
  # GNU tail is told of every write by inotify, and with --pid reads once more
  # after the writer's end: nothing is late, nothing is lost.
  tail -c +1 -s 0.1 --pid="$GUEST" -f "$WORK/job/stdout" &
  PUMPS=($!)
  tail -c +1 -s 0.1 --pid="$GUEST" -f "$WORK/job/stderr" >&2 &
  PUMPS+=($!)
}

# Waits until the command runs. Fails, with the reason in FAILURE, when the
# guest ends before that or takes too long.
await_start() {
  local begin=$SECONDS
  while [[ ! -e $WORK/job/started ]]; do
    pause
    if guest_ended && [[ ! -e $WORK/job/started ]]; then
      FAILURE="the guest ended before $KERNEL had booted" && return 1
    elif time_is_over; then
      give_up 124 "$TIMEOUT s (--timeout) were over before $KERNEL had booted"
    elif ((SECONDS - begin > BOOT_LIMIT)); then
      FAILURE="$KERNEL had not booted after $BOOT_LIMIT s" && return 1
    fi
  done
}

# Waits until the guest has written the command's status.
await_status() {
  while [[ ! -e $WORK/job/status ]]; do
    pause
    if guest_ended && [[ ! -e $WORK/job/status ]]; then
      give_up 70 "the guest ended while $KERNEL was running the command"
    elif time_is_over; then
      give_up 124 "$TIMEOUT s (--timeout) were over while $KERNEL was running the command"
    fi
  done
}

pause() {
  local pump
  read -rt 0.1 -u "$CLOCK" || true
  for pump in "${PUMPS[@]}"; do
    kill -0 "$pump" 2>/dev/null || guest_ended || exit 141 # nobody reads our output any more
  done
}

guest_ended() {
  ! kill -0 "$GUEST" 2>/dev/null
}

time_is_over() {
  ((TIMEOUT > 0 && SECONDS - BEGIN > TIMEOUT))
}

# give_up CODE MESSAGE
give_up() {
  stop_guest
  if [[ -s $WORK/qemu || -s $WORK/serial ]]; then
    say "$2; the last lines of its console:"
    cat "$WORK/qemu" "$WORK/serial" | tr -d '\r' | tail -n 40 | sed 's/^/  | /' >&2
  else
    say "$2; its console is empty"
  fi
  exit "$1"
}

# Ends the guest, and returns when all its output has been passed on.
stop_guest() {
  kill -KILL "$GUEST" 2>/dev/null || true
  wait "$GUEST" "${PUMPS[@]}" 2>/dev/null || true
  GUEST='' PUMPS=()
}
