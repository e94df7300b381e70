import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Before process.exit(): a compiler thread of V8 may be waiting for a garbage collection, which only this thread can
 * do, while the exit waits for that thread; such a process hangs for ever and answers no signal (nodejs/node#54918).
 * So no compilation is begun any more, those under way get a moment, and a collection leaves room for the rest.
 */
export async function settleCompiler(): Promise<void> {
  setFlagsFromString('--no-opt');
  await new Promise((resolve) => setTimeout(resolve, A_COMPILATION_MS));
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

const A_COMPILATION_MS = 10;
