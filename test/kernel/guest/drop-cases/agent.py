"""Does in network namespaces what Node cannot: enter them, open packet sockets and tun devices, load XDP programs.

One process for all drop cases, as an emulated CPU takes a second to start another. It reads one JSON request a line and
answers each with one line, {"ok": result} or {"error": text}. Bytes travel as {"hex": "..."}; sockets and other open
things as {"id": number}.
"""
import contextlib
import ctypes
import errno
import fcntl
import json
import mmap
import os
import select
import socket
import struct
import subprocess
import sys
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
HOME = os.open('/proc/self/ns/net', os.O_RDONLY)
CLONE_NEWNET = 0x40000000
things = {}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {'ok': encode(OPERATIONS[request.pop('op')](**request))}
        except Exception as error:  # whatever went wrong is the caller's to judge
            answer = {'error': f'{type(error).__name__}: {error}'}
        sys.stdout.write(json.dumps(answer) + '\n')
        sys.stdout.flush()


class Namespace:
    """Where a `with` block runs; None is where this process began."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        if self.name is not None:
            # Not kept open: that would keep a deleted namespace alive.
            target = os.open('/run/netns/' + self.name, os.O_RDONLY)
            check(LIBC.setns(target, CLONE_NEWNET))
            os.close(target)

    def __exit__(self, *_):
        if self.name is not None:
            check(LIBC.setns(HOME, CLONE_NEWNET))


def run(ns, argv, stdin=''):
    with Namespace(ns):
        done = subprocess.run(argv, input=stdin, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise OSError(f'{" ".join(argv)}: status {done.returncode}: {done.stdout}{stdin}')
    return done.stdout


def read(ns, paths):
    texts = []
    with Namespace(ns):
        for path in paths:
            with open(path, encoding='latin1') as file:
                texts.append(file.read())
    return texts


def write(ns, texts):
    with Namespace(ns):
        for path, text in texts:
            with open(path, 'w', encoding='latin1') as file:
                file.write(text)


def open_socket(ns, family, type, protocol=0, cgroup=None):
    with Namespace(ns), things.get(cgroup, contextlib.nullcontext()):
        return socket.socket(family, type, protocol)


def call(id, method, args=()):
    """A method of an open thing, by Python's name."""
    return getattr(things[id], method)(*decode(args))


def repeat(id, method, calls, times):
    """Many calls in a row: each of the lists of arguments, all of it `times`."""
    function, calls = getattr(things[id], method), decode(calls)
    for _ in range(times):
        for args in calls:
            function(*args)


def attempt(id, method, args=()):
    """As call(), but a failing system call is a result: the name of its error."""
    try:
        return call(id, method, args)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def deafen(id):
    """Lets nothing in to a socket: a classic BPF program that keeps 0 bytes of everything (SO_ATTACH_FILTER)."""
    program = ctypes.create_string_buffer(struct.pack('HBBI', 0x06, 0, 0, 0))
    things[id].setsockopt(socket.SOL_SOCKET, 26, struct.pack('HP', 1, ctypes.addressof(program)))


def drain(id):
    """Takes all that waits in a socket and returns how many packets it was."""
    things[id].setblocking(False)
    for count in range(1_000_000):
        try:
            things[id].recv(65536)
        except BlockingIOError:
            return count


def close(id):
    things.pop(id).close()


class Tun:
    """The other end of a tun or tap device (Documentation/networking/tuntap.rst), with the methods of a socket."""

    def __init__(self, ns, name, flags):
        with Namespace(ns):
            self.fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, 0x400454CA, struct.pack('16sH22x', name.encode(), flags))  # TUNSETIFF

    def send(self, packet):
        return os.write(self.fd, packet)

    def recv(self, seconds):
        """The next packet, or nothing."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        return os.read(self.fd, 65536) if ready else b''

    def filter_all(self):
        """Lets no packet in whose destination is not one of no addresses: TUNSETTXFILTER."""
        fcntl.ioctl(self.fd, 0x400454D1, struct.pack('HH6s', 0, 1, bytes.fromhex('020000000099')))

    def close(self):
        os.close(self.fd)


class Xdp:
    """A program that answers every packet with one verdict, attached as long as this is open (bpf(2)).

    A redirect (4) is to an interface that does not exist.
    """

    def __init__(self, ns, dev, verdict, native):
        # r1 = interface; r2 = flags; bpf_redirect()
        redirect = [(0xB7, 1, 0, 0x7FFFFFFF), (0xB7, 2, 0, 0), (0x85, 0, 0, 23)]
        code = redirect if verdict == 4 else [(0xB7, 0, 0, verdict)]
        self.program = load(6, code, 37)
        with Namespace(ns):
            self.link = bpf(28, struct.pack('<IIII', self.program, socket.if_nametoindex(dev), 37, 4 if native else 2))

    def close(self):
        os.close(self.link)
        os.close(self.program)


class Cgroup:
    """A control group that lets nothing in or out of its sockets (bpf(2), BPF_PROG_TYPE_CGROUP_SKB).

    A socket belongs to it if it is made within a `with` block.
    """

    mount = '/tmp/kwho-cgroup2'

    def __init__(self, out):
        os.makedirs(self.mount, exist_ok=True)
        if not os.path.exists(self.mount + '/cgroup.procs'):
            check(LIBC.mount(b'none', self.mount.encode(), b'cgroup2', 0, None))
        self.path = self.mount + '/kwho-deny'
        os.mkdir(self.path)
        self.program = load(8, [(0xB7, 0, 0, 0)], int(out))
        self.fd = os.open(self.path, os.O_RDONLY)
        bpf(8, struct.pack('<IIII', self.fd, self.program, int(out), 0))

    def __enter__(self):
        self.before = open('/proc/self/cgroup').read().strip().rpartition('::')[2]
        self.move(self.path)

    def __exit__(self, *_):
        self.move(self.mount + self.before)

    def move(self, path):
        with open(path + '/cgroup.procs', 'w') as file:
            file.write(str(os.getpid()))

    def close(self):
        os.close(self.fd)
        os.close(self.program)
        os.rmdir(self.path)


def load(type, code, attach):
    """A BPF program of (opcode, registers, offset, immediate), and exit."""
    text = b''.join(struct.pack('<BBhi', *step) for step in [*code, (0x95, 0, 0, 0)])
    code, license = ctypes.create_string_buffer(text), ctypes.create_string_buffer(b'GPL')
    pointers = ctypes.addressof(code), ctypes.addressof(license)
    return bpf(5, struct.pack('<IIQQIIQII16sII', type, len(text) // 8, *pointers, 0, 0, 0, 0, 0, b'kwho', 0, attach))


def bpf(command, attributes):
    return check(LIBC.syscall(321, command, ctypes.create_string_buffer(attributes.ljust(128, b'\0')), 128))


class Stall:
    """A send(2) that stops in the middle, with the socket locked: its data is a page that nobody provides until close().

    See userfaultfd(2).
    """

    def __init__(self, id):
        self.fd = check(LIBC.syscall(323, os.O_CLOEXEC))
        self.memory = mmap.mmap(-1, 4096)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        fcntl.ioctl(self.fd, 0xC018AA3F, struct.pack('<QQQ', 0xAA, 0, 0))  # UFFDIO_API
        fcntl.ioctl(self.fd, 0xC020AA00, struct.pack('<QQQQ', self.address, 4096, 1, 0))  # UFFDIO_REGISTER
        self.thread = threading.Thread(target=things[id].send, args=(memoryview(self.memory)[:100],))
        self.thread.start()
        select.select([self.fd], [], [], 5)

    def close(self):
        fcntl.ioctl(self.fd, 0xC020AA04, bytearray(struct.pack('<QQQQ', self.address, 4096, 0, 0)))  # UFFDIO_ZEROPAGE
        self.thread.join()
        os.close(self.fd)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def encode(value):
    if isinstance(value, (bytes, bytearray)):
        return {'hex': value.hex()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, (socket.socket, Tun, Xdp, Cgroup, Stall)):
        things[id(value)] = value
        return {'id': id(value)}
    return value


def decode(value):
    if isinstance(value, list):
        return tuple(decode(item) for item in value)
    return bytes.fromhex(value['hex']) if isinstance(value, dict) else value


OPERATIONS = {
    'run': run,
    'read': read,
    'write': write,
    'socket': open_socket,
    'call': call,
    'repeat': repeat,
    'attempt': attempt,
    'deafen': deafen,
    'drain': drain,
    'close': close,
    'tun': Tun,
    'xdp': Xdp,
    'cgroup': Cgroup,
    'stall': Stall,
}

main()
