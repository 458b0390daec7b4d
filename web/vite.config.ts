import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('graphiql', import.meta.url)),
  base: '/graphiql/',
  publicDir: false,
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    emptyOutDir: true,
    // The editor's language services are this big; nothing here waits for them.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      onLog(level, log, report) {
        // "use client" and the like mean nothing in a page that has no server side.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
});
