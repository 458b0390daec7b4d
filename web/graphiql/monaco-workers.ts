import type { Environment } from 'monaco-editor';
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker';
import GraphqlWorker from 'monaco-graphql/esm/graphql.worker.js?worker';

/** Has the editors run their language services in workers that are part of this bundle. */
export function installMonacoWorkers(): void {
  const environment: Environment = { getWorker: (_id, label) => workerFor(label) };
  window.MonacoEnvironment = environment;
}

function workerFor(label: string): Worker {
  if (label === 'json') return new JsonWorker();
  if (label === 'graphql') return new GraphqlWorker();
  return new EditorWorker();
}
