/**
 * The Custom Elements Manifest of the element, from the tags in the comment of its class: editors and other tools read it.
 * https://github.com/webcomponents/custom-elements-manifest
 */
const TAG = 'vm-customization-status';
const CLASS = 'VmCustomizationStatusElement';
const MODULE = 'dist/element.js';
const exported = (name, kind) => ({ kind, name, declaration: { name: CLASS, module: MODULE } });

/** @param {string} source the text of `src/element/element.ts` */
export function manifestOf(source) {
  const [, comment] = /\/\*\*((?:(?!\*\/).)*)\*\/\nexport class VmCustomizationStatusElement /s.exec(source) ?? [];
  const [description, ...tags] = comment.replaceAll(/^ \* ?/gm, '').split(/^@(?=\w)/m);
  const found = { attr: [], prop: [], method: [], fires: [], slot: [], csspart: [], cssprop: [] };
  for (const tag of tags) {
    const [, kind, type, name, text] = /^(\w+) (?:\{(.*?)\} )?(\S+) - (.*)$/s.exec(tag);
    const entry = { name, description: text.trim().replaceAll(/\s+/g, ' ') };
    found[kind].push(type === undefined ? entry : { ...entry, type: { text: type } });
  }
  const fields = [...found.prop, ...found.attr.map((attribute) => ({ ...attribute, reflects: true }))];
  return {
    schemaVersion: '2.1.0',
    modules: [
      {
        kind: 'javascript-module',
        path: MODULE,
        declarations: [
          {
            kind: 'class',
            customElement: true,
            name: CLASS,
            tagName: TAG,
            superclass: { name: 'HTMLElement' },
            description: description.trim(),
            attributes: found.attr.map((attribute) => ({ ...attribute, fieldName: attribute.name })),
            members: [
              ...fields.map((field) => ({ kind: 'field', ...field })),
              ...found.method.map(({ type, ...method }) => ({ kind: 'method', ...method, return: { type } })),
            ],
            events: found.fires,
            slots: found.slot,
            cssParts: found.csspart,
            cssProperties: found.cssprop,
          },
        ],
        exports: [exported(CLASS, 'js'), exported(TAG, 'custom-element-definition')],
      },
    ],
  };
}
