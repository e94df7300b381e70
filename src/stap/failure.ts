import type { ByteString } from '../decode/trace-record.js';
import { KwhoError, PermissionError, UnavailableError } from '../errors.js';

/** A run of stap or staprun that did not end well. */
export interface StapRun {
  program: 'stap' | 'staprun';
  /** Exit status; null where a signal ended it. */
  status: number | null;
  stderr: ByteString;
  /** The kernel it was for, as `uname -r` has it. */
  release: string;
}

/**
 * What went wrong, in plain words and with a remedy: from the pass in which stap stopped and from its own messages,
 * which are the same text in 4.4 to 5.6. A failure that nobody foresaw keeps stap's last words.
 */
export function explainStapFailure({ stderr, ...others }: StapRun): KwhoError {
  const run = { ...others, stderr: stderr.replace(PASSED, '') };
  for (const failure of FAILURES) {
    const match = failure.pattern.exec(run.stderr);
    if (match === null || (failure.pass !== undefined && failure.pass !== failedPass(run.stderr))) continue;
    const { message, hint } = failure.say(run, match);
    const Kind = failure.permission === true ? PermissionError : UnavailableError;
    return new Kind(message, { code: failure.code, hint });
  }
  return unforeseen(run);
}

/** What `stap -v` says of passes that went well. */
const PASSED = /^Pass [1-5]: (?!.*failed).*\n/gm;

/** stap is not installed. */
export function stapMissing(program: StapRun['program']): KwhoError {
  const packages = program === 'stap' ? 'systemtap' : 'systemtap-runtime';
  return new UnavailableError(`${program} is not installed`, {
    code: 'stap-missing',
    hint: `install the package ${packages}; without SystemTap, kwho drops and kwho log use the kernel's own tracing`,
  });
}

/** Whoever runs kwho may not run staprun. */
export function notPermitted(program: StapRun['program']): PermissionError {
  return new PermissionError(
    `${program} runs for root and for members of the groups stapusr and stapdev only`,
    {
      code: 'stap-not-permitted',
      hint: 'run it as root, or add yourself to both groups: usermod -aG stapusr,stapdev USER',
    },
  );
}

/** @param why what shows it, as far as it is known */
export function onlySigned(why: string | null): UnavailableError {
  return new UnavailableError(
    `this kernel loads signed modules only (${why ?? 'lockdown or Secure Boot'}), and SystemTap needs a module`,
    {
      code: 'stap-lockdown',
      hint: 'sign the module with a machine owner key (stap --sign-module, mokutil), or use the other backends',
    },
  );
}

/** What stap compiles against is not there. */
export function noHeaders(release: string): UnavailableError {
  return new UnavailableError(`the headers of kernel ${release} are not installed here`, {
    code: 'stap-no-headers',
    hint: `install linux-headers-${release} (Debian, Ubuntu) or kernel-devel-${release} (Fedora, RHEL)`,
  });
}

/** A module that need not be tried. */
export function moduleRefused(message: string, code: string, release: string): UnavailableError {
  return new UnavailableError(message, {
    code,
    hint: `build it again: kwho probe drops (or log) --compile -r ${release} -o FILE.ko`,
  });
}

/** A module that runs and says nothing of itself. */
export function moduleSilent(release: string): UnavailableError {
  return moduleRefused(
    'the module was loaded and said nothing: it is none of kwho’s, or SystemTap skips all that it does',
    'stap-module-silent',
    release,
  );
}

/** The pass (1 to 5) that stap says it failed in; null where it says none. */
export function failedPass(stderr: ByteString): number | null {
  const pass = /^Pass ([1-5]): \w+(?: \w+)? failed\./m.exec(stderr)?.[1];
  return pass === undefined ? null : Number(pass);
}

interface Failure {
  code: string;
  pattern: RegExp;
  /** Only where stap stopped in this pass. */
  pass?: number;
  permission?: true;
  say(run: StapRun, match: RegExpExecArray): { message: string; hint: string };
}

/** The first that fits; those that are the cause of others stand first. */
const FAILURES: readonly Failure[] = [
  {
    code: 'stap-not-permitted',
    pattern: /be part of (?:the )?group "stapusr"|user ID of staprun must be set to the root/,
    permission: true,
    say: ({ program }) => wordsOf(notPermitted(program)),
  },
  {
    code: 'stap-memory',
    pattern:
      /Killed signal terminated program|virtual memory exhausted|Memory allocation failed|Cannot allocate memory|allocation failed/,
    say: ({ program }) => ({
      message: `${program} ran out of memory`,
      hint: 'compile on another host (kwho probe drops --compile -r RELEASE -o FILE.ko) or free about 1 GiB',
    }),
  },
  {
    code: 'stap-no-headers',
    pattern:
      /Checking "\/lib\/modules\/[^"]*\/build\/[^"]*" failed|kernel-devel|Incorrect version or missing/,
    say: ({ release }) => wordsOf(noHeaders(release)),
  },
  {
    code: 'stap-lockdown',
    pattern:
      /machine owner key|MOK|module signing|Required key not available|Key was rejected|Lockdown:|Couldn't insert module .*: (?:Operation not permitted|Permission denied)/i,
    say: () => wordsOf(onlySigned(null)),
  },
  {
    code: 'stap-module-file',
    pattern: /Unable to canonicalize path "[^"]*": No such file|Error creating Elf object|Error opening elf/,
    say: () => ({
      message: 'the file of the module is missing or is no kernel module',
      hint: 'build it again: kwho probe drops --compile -r RELEASE -o FILE.ko',
    }),
  },
  {
    code: 'stap-module-mismatch',
    pattern:
      /Couldn't insert module .*: (?:Invalid module format|Exec format error)|wrong symbol version|Unknown symbol in module|version mismatch|Unable to send relocation: Invalid argument/i,
    say: ({ release }) => ({
      message: `the module is damaged, was not built for this kernel (${release}), or by another SystemTap than this staprun`,
      hint: 'build it for exactly this release, with the SystemTap version that staprun -V tells',
    }),
  },
  {
    code: 'stap-no-modules',
    pattern: /Couldn't insert module .*: Function not implemented/,
    say: () => ({
      message: 'this kernel cannot load modules (CONFIG_MODULES)',
      hint: 'use the other backends: they need no module',
    }),
  },
  {
    code: 'stap-module-running',
    pattern: /Couldn't insert module .*: File exists/,
    say: () => ({
      message: 'a module of this name is loaded already',
      hint: 'end the other run, or remove what it left behind: staprun -d NAME',
    }),
  },
  {
    code: 'stap-skipped',
    pattern: /Skipped too many probes/,
    say: () => ({
      message: 'SystemTap ended the script because it had to skip more probe hits than MAXSKIPPED allows',
      hint: 'count instead of telling single drops, narrow it with --dev or --reason, or give --suppress-handler-errors',
    }),
  },
  {
    code: 'stap-overload',
    pattern: /probe overhead (?:\([^)]*\) )?exceeded threshold/,
    say: () => ({
      message: 'SystemTap ended the script because it took more than half of the time of a CPU',
      hint: 'count instead of telling single drops, or narrow it with --dev or --reason',
    }),
  },
  {
    code: 'stap-no-compiler',
    pattern:
      /\bg?cc(?:-\d+)?: (?:No such file|not found|command not found)|sh: \d+: (?:make|ld|nm|objdump|objcopy): not found/,
    say: ({ release }) => ({
      message: `the compiler that the headers of kernel ${release} ask for is not installed`,
      hint: 'install make, binutils and gcc, in the version that /proc/version of that kernel names',
    }),
  },
  {
    code: 'stap-no-types',
    pattern: /type definition '(\w+)' not found in '(kernel<[^']*>)'/,
    pass: 2,
    say: ({ release }, [, type, header]) => ({
      message: `stap could not build the kernel's headers to learn the layout of ${type} (${header}, kernel ${release})`,
      hint: 'stap by hand shows what the compiler says of them; often stap is older than the kernel, or /proc is not mounted',
    }),
  },
  {
    code: 'stap-no-symbols',
    pattern: /Kernel function symbol table missing[\s\S]*identifier 'kprobe'[\s\S]*no match/,
    pass: 2,
    say: ({ release }) => ({
      message: `stap has no list of the functions of kernel ${release}`,
      hint: `copy that kernel's /proc/kallsyms, read as root, to /boot/System.map-${release}; for the running kernel, SystemTap 5 needs none`,
    }),
  },
  {
    code: 'stap-no-function',
    pattern: /while resolving probe point: identifier 'kprobe'[\s\S]*no match/,
    pass: 2,
    say: ({ release }) => ({
      message: `kernel ${release} has no function of the name that the script wants to probe`,
      hint: 'kwho log finds the functions that a kernel has by itself',
    }),
  },
  {
    code: 'stap-no-tracepoint',
    pattern: /while resolving probe point: identifier '(?:kernel|trace)'[\s\S]*no match/,
    pass: 2,
    say: ({ release }) => ({
      message: `stap finds the tracepoint nowhere in the headers of kernel ${release}`,
      hint: 'usually this stap is older than the kernel and cannot read its tracepoint headers: take a newer SystemTap',
    }),
  },
  {
    // Without gcc or make, stap 4.8 says that pass 4 failed and nothing else.
    code: 'stap-no-compiler',
    pattern: /^(?:WARNING: .*\n)*Pass 4: compilation failed\./,
    say: ({ release }) => ({
      message: `stap could not compile for kernel ${release}, and its compiler said nothing`,
      hint: 'install gcc and make, in the version that /proc/version of that kernel names',
    }),
  },
  {
    code: 'stap-compiler',
    pattern:
      /unrecognized command[- ]line option|compiler differs from the one used|incompatible gcc|gcc plugin/i,
    pass: 4,
    say: ({ release }) => ({
      message: `kernel ${release} was built with another compiler than the one that is here`,
      hint: 'install the version of gcc that /proc/version of that kernel names',
    }),
  },
  {
    code: 'stap-unfit',
    pattern: /(\S*\/systemtap\/runtime\/[\w./-]+):\d+:\d+: error: /,
    pass: 4,
    say: ({ release }, [, file]) => ({
      message: `this SystemTap does not fit kernel ${release}, mostly because it is older: its own ${file} does not compile for it`,
      hint: ANOTHER_STAP,
    }),
  },
  {
    // The module is loaded, and then looks for what it needs that no module can be linked with.
    code: 'stap-unfit',
    pattern: /ERROR: Can't resolve (\w+)!/,
    say: ({ release }, [, symbol]) => ({
      message: `this SystemTap does not fit kernel ${release}, mostly because it is older: its modules want ${symbol}(), which this kernel does not have`,
      hint: ANOTHER_STAP,
    }),
  },
];

const ANOTHER_STAP =
  'take another SystemTap (stap --version): 5.6 is known to work for 5.10 to 7.2; on another host if need be: kwho probe --compile -r RELEASE';

function wordsOf({ message, hint = '' }: KwhoError): { message: string; hint: string } {
  return { message, hint };
}

function unforeseen({ program, status, stderr }: StapRun): KwhoError {
  const pass = failedPass(stderr);
  const place = pass === null ? '' : ` in pass ${pass}`;
  const how = status === null ? 'was killed' : `failed${place} with status ${status}`;
  const words = lastWords(stderr);
  const hint = `the same by hand tells more: ${program} -v`;
  return new KwhoError(`${program} ${how}${words === '' ? '' : `: ${words}`}`, {
    code: pass === null ? `${program}-failed` : `stap-pass-${pass}`,
    hint,
  });
}

/** The last line that says something about the case. */
function lastWords(stderr: ByteString): string {
  const lines = stderr.split('\n').filter((line) => /error|cannot|could not|couldn't/i.test(line));
  const telling = lines.filter((line) => !/^Pass \d|^\s*(?:source:|Tip:)/.test(line)).at(-1) ?? '';
  return telling.trim().slice(0, LONGEST_WORDS);
}

const LONGEST_WORDS = 300;
