# shellcheck shell=bash
# One guest: the job folder it is given, the command line that boots it, and
# the wait for its end. Sourced by scripts/lab.

# An emulated boot takes 5 s; several at once on a busy machine take longer.
readonly BOOT_LIMIT=240

# Writes the job folder: how the guest learns what to do, and we how it went.
make_job() {
  local rows=24 cols=80 node='' path=$PATH folder variable
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/kwho-lab.XXXXXX")
  CLEANUP+=("$WORK")
  mkdir "$WORK/job"
  : >"$WORK/job/stdout"
  : >"$WORK/job/stderr"
  : >"$WORK/serial"
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
compose_guest() {
  local home=$CACHE/$KERNEL
  ensure_initramfs "$KERNEL"
  GUEST_COMMAND=(
    setpriv --pdeathsig KILL # the guest ends with this script, even a killed one
    qemu-system-x86_64 -name "kwho-lab-$KERNEL"
    -nodefaults -no-user-config -no-reboot -display none
    -accel 'tcg,thread=multi' -cpu max -smp "$CPUS" -m "$MEMORY"
    -kernel "$home/$IMAGE" -initrd "$INITRAMFS"
    -append "console=ttyS0 quiet panic=-1 net.ifnames=0$APPEND"
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

# Returns when the guest has written the job's status, and exits when it will
# not.
await_status() {
  local begin=$SECONDS clock pump
  exec {clock}<> <(:) # never readable: a read of it is a sleep without a process
  while [[ ! -e $WORK/job/status ]]; do
    read -rt 0.1 -u "$clock" || true
    if ! kill -0 "$GUEST" 2>/dev/null; then
      [[ -e $WORK/job/status ]] || give_up 70 "the guest ended $(guest_phase)"
    elif ((TIMEOUT > 0 && SECONDS - begin > TIMEOUT)); then
      give_up 124 "$TIMEOUT s (--timeout) were over $(guest_phase)"
    elif ((SECONDS - begin > BOOT_LIMIT)) && [[ ! -e $WORK/job/started ]]; then
      give_up 70 "$BOOT_LIMIT s were over $(guest_phase)"
    fi
    for pump in "${PUMPS[@]}"; do
      kill -0 "$pump" 2>/dev/null || exit 141 # nobody reads our output any more
    done
  done
}

guest_phase() {
  if [[ -e $WORK/job/started ]]; then
    echo "while $KERNEL was running the command"
  else
    echo "before $KERNEL had booted"
  fi
}

give_up() {
  local code=$1 message=$2
  stop_guest
  wait "${PUMPS[@]}" || true # so that the message comes after all output
  PUMPS=()
  if [[ -s $WORK/qemu || -s $WORK/serial ]]; then
    say "$message; the last lines of its console:"
    cat "$WORK/qemu" "$WORK/serial" | tr -d '\r' | tail -n 40 | sed 's/^/  | /' >&2
  else
    say "$message; its console is empty"
  fi
  exit "$code"
}

stop_guest() {
  kill -KILL "$GUEST" 2>/dev/null || true
  wait "$GUEST" 2>/dev/null || true
  GUEST=
}
