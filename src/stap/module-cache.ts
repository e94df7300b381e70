import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { KwhoError, systemCode } from '../errors.js';
import { STAP_LIMITS } from './compile.js';

export interface CacheKey {
  script: string;
  /** Kernel release. */
  release: string;
  /** Of SystemTap: a module runs only with the staprun of its version. */
  version: string;
}

/**
 * Modules that were built before. Whoever could write here could put a module of his own into the kernel: the folders
 * and files count only if they are this user's, and nobody else's to write.
 */
export class ModuleCache {
  readonly #root: string;
  readonly #uid: number;

  /** @param root `/var/cache/kwho/stap` or the like; made when the first module is stored */
  constructor(root: string, uid: number) {
    this.#root = root;
    this.#uid = uid;
  }

  /** The module that was built of exactly this; null where there is none, or none that can be trusted. */
  find(name: string, key: CacheKey): string | null {
    const file = this.#fileOf(name, key);
    return existsSync(file) && this.#isOurs(this.#root) && this.#isOurs(dirname(file)) && this.#isOurs(file)
      ? file
      : null;
  }

  /**
   * Where a module is to be built, in a folder of its own.
   * @throws KwhoError where the cache is somebody else's or cannot be made
   */
  place(name: string, key: CacheKey): { building: string; keep: () => string; discard: () => void } {
    const file = this.#fileOf(name, key);
    const folder = dirname(file);
    this.#make(this.#root);
    this.#make(folder);
    removeAbandoned(folder);
    const temporary = join(folder, `building.${process.pid}`);
    const building = join(temporary, `${name}.ko`);
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    const discard = () => rmSync(temporary, { recursive: true, force: true });
    return {
      building,
      keep: () => {
        chmodSync(building, 0o600);
        renameSync(building, file);
        discard();
        return file;
      },
      discard,
    };
  }

  /**
   * Keeps in mind why the last build of a script for a kernel came to nothing.
   * @param script `drops`, `log`
   * @param why null: it came to something
   */
  noteFailure(script: string, release: string, why: string | null): void {
    const file = this.#failureFile(script, release);
    try {
      if (why !== null) writeFileSync(file, `${why}\n`, { mode: 0o600 });
      else rmSync(file, { force: true });
    } catch {
      // A disk that is full may be why it failed, and takes no note either.
    }
  }

  /** Why the last build of a script for a kernel came to nothing; null where that is not known, or it did not. */
  lastFailure(script: string, release: string): string | null {
    const file = this.#failureFile(script, release);
    if (!existsSync(file) || !this.#isOurs(this.#root) || !this.#isOurs(file)) return null;
    return readFileSync(file, 'utf8').trim();
  }

  #failureFile(script: string, release: string): string {
    return join(this.#root, `failed-${script}-${release.replaceAll('/', '_')}`);
  }

  #fileOf(name: string, { script, release, version }: CacheKey): string {
    const hash = createHash('sha256');
    for (const part of [script, release, version, ...STAP_LIMITS]) hash.update(`${part.length} ${part}`);
    return join(this.#root, hash.digest('hex').slice(0, 32), `${name}.ko`);
  }

  #make(folder: string): void {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw refused(`${folder} cannot be made (${systemCode(cause)})`, cause);
    }
    if (!this.#isOurs(folder)) throw refused(`${folder} belongs to somebody else, or others may write to it`);
  }

  #isOurs(path: string): boolean {
    const { uid, mode } = lstatSync(path);
    const isPlain = (mode & FILE_TYPE) === DIRECTORY || (mode & FILE_TYPE) === REGULAR;
    return isPlain && uid === this.#uid && (mode & WRITABLE_BY_OTHERS) === 0;
  }
}

/**
 * Root's modules are kept where nobody else can rename a folder above them, whatever the environment says: with sudo it
 * is the user's.
 */
export function cacheRoot(uid: number, env: Readonly<Record<string, string | undefined>>): string {
  if (uid === 0) return '/var/cache/kwho/stap';
  const { XDG_CACHE_HOME, HOME } = env;
  return join(
    XDG_CACHE_HOME?.startsWith('/') === true ? XDG_CACHE_HOME : join(HOME ?? '/', '.cache'),
    'kwho/stap',
  );
}

/** What builds that were killed have left. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^building\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { recursive: true });
  }
}

/** inode(7) */
const FILE_TYPE = 0o170000;
const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const WRITABLE_BY_OTHERS = 0o022;

function refused(why: string, cause?: unknown): KwhoError {
  return new KwhoError(`the cache of SystemTap modules cannot be used: ${why}`, {
    code: 'stap-cache',
    hint: 'remove that folder, or build the module yourself: kwho probe drops --compile -o FILE.ko, then --module FILE.ko',
    cause,
  });
}
