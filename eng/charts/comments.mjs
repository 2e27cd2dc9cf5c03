// Every key of a values file has a comment of its own above it: what it is, not what it is called.
import fs from 'node:fs';

export function checkComments(file, say) {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  lines.forEach((line, index) => {
    const key = /^(\s*)(?:- )?([A-Za-z_][\w.-]*):/.exec(line);
    if (!key || line.trimStart().startsWith('#') || /^\s*- /.test(line)) {
      return;
    }
    // Below a list item stand objects of Kubernetes' own, which its documentation describes.
    for (let above = index - 1; above >= 0; above--) {
      const indent = lines[above].search(/\S/);
      if (indent >= 0 && indent < key[1].length) {
        if (/^\s*- /.test(lines[above])) {
          return;
        }
        if (indent === 0) break;
      }
    }
    if (!lines[index - 1]?.trim().startsWith('#')) {
      say(index + 1, `${key[2]} has no comment above it.`);
    }
  });
}
