import { tell } from './tell.js';

tell(
  (recording) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker-by-path.js', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.report));
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(recording);
    }),
);
