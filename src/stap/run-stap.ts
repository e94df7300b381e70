import { COMPILE_MS, type RunStap } from './compile.js';

/** The real one. stap's temporary files and its cache of compiled headers are the user's own. */
export const runStap: RunStap = async (args, input, cwd) => {
  try {
    const { execa } = await import('execa');
    const result = await execa('stap', args, {
      input,
      cwd,
      env: { LC_ALL: 'C' },
      encoding: 'latin1',
      stripFinalNewline: false,
      timeout: COMPILE_MS,
      maxBuffer: MOST_OUTPUT,
      reject: false,
    });
    const { stdout, stderr, exitCode: status } = result;
    if (result.timedOut) return { outcome: 'timeout' };
    if (status !== undefined) return { outcome: 'done', stdout, stderr, status };
    if (result.code === 'ENOENT') return { outcome: 'missing' };
    return { outcome: 'failed', why: result.originalMessage ?? `it was killed by ${result.signal}` };
  } catch (error) {
    return { outcome: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
};

const MOST_OUTPUT = 8 << 20;
