import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Without an icon of its own a page asks the server for one, and complains.
const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>packaging</title><link rel="icon" href="data:,">HEAD</head>
<body></body>
</html>
`;

/** Writes a page with `head`, the elements that load its script. */
export async function writePage(folder, head, name = 'index.html') {
  await writeFile(join(folder, name), PAGE.replace('HEAD', head));
}

/** Loads a script as an ES module. */
export const asModule = (file) => `<script type="module" src="./${file}"></script>`;
/** Loads a script as scripts always were. */
export const asClassic = (file) => `<script defer src="./${file}"></script>`;
