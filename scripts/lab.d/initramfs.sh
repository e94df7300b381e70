# shellcheck shell=bash
# The initramfs of a lab kernel: busybox, lab.d/init, and the few modules that
# reach the host's files. Sourced by scripts/lab.

# What a guest must load before it can see the host's files; the rest it loads
# from there.
readonly BOOT_MODULES=(virtio_pci 9pnet_virtio 9p overlay)

# Sets INITRAMFS to that of a kernel, building it when this version of it is
# not there yet.
ensure_initramfs() {
  local home=$CACHE/$1 key
  key=$(cat "$LAB_D/init" "$LAB_D/initramfs.sh" | sha256sum | cut -c1-16)
  INITRAMFS=$home/initramfs-$key
  [[ -e $INITRAMFS ]] || build_initramfs "$home" "$INITRAMFS"
}

build_initramfs() {
  local home=$1 image=$2 tree
  tree=$(mktemp -d "$home/.initramfs.XXXXXX")
  CLEANUP+=("$tree" "$tree.image")
  mkdir "$tree"/{bin,dev,proc,job,lower,changes,root,modules}
  cp "$home/busybox" "$tree/bin/busybox"
  cp "$LAB_D/init" "$tree/init"
  chmod 755 "$tree/init" "$tree/bin/busybox"
  copy_modules "$home" "$tree/modules"
  # Not compressed: unpacking is what an emulated processor is slowest at.
  (cd "$tree" && find . | "$home/busybox" cpio -o -H newc 2>/dev/null) >"$tree.image"
  rm -rf "$tree"
  mv "$tree.image" "$image"
  # Those of earlier versions of lab.d are not wanted again.
  find "$home" -maxdepth 1 -name 'initramfs-*' ! -path "$image" -delete
}

# Copies the boot modules and those they depend on, decompressed, and writes
# the order to load them in.
copy_modules() {
  local home=$1 target=$2 module verb file name
  for module in "${BOOT_MODULES[@]}"; do
    modprobe -d "$home" -S "$(<"$home/release")" --show-depends "$module"
  done | while read -r verb file _; do
    [[ $verb == insmod ]] || continue # built into this kernel
    name=$(basename "$file")
    name=${name%%.ko*}.ko
    [[ ! -e $target/$name ]] || continue
    decompress "$file" >"$target/$name"
    printf '%s\n' "$name" >>"$target/order"
  done
}

decompress() {
  case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -qdc "$1" ;;
    *.gz) gzip -dc "$1" ;;
    *) cat "$1" ;;
  esac
}
