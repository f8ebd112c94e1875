/** What shells complete, from the table of options. */
import { COMMANDS, type CommandName, type CommandOption, optionsOf } from './option-table.js';

/** The shells that it is written for. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

const NAME = 'wait-vm-customization';

/** The script that a shell reads at its start. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    case 'fish':
      return fish();
    case 'powershell':
      return powershell();
  }
}

const isFile = ({ value }: CommandOption): boolean => value === 'FILE';
const names = COMMANDS.map(({ name }) => name);
const flags = (command: CommandName): string[] => optionsOf(command).map(({ name }) => `--${name}`);

/** The options of all commands, each once. */
const all: readonly CommandOption[] = [
  ...new Map(names.flatMap((name) => optionsOf(name)).map((option) => [option.name, option])).values(),
];

function bash(): string {
  const choices = all.flatMap(({ name, choices = [] }) =>
    choices.length === 0
      ? []
      : [`    --${name}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word")); return ;;`],
  );
  const files = all.filter(isFile).map(({ name }) => `--${name}`);
  const others = all
    .filter((option) => option.value !== undefined && !isFile(option) && option.choices === undefined)
    .map(({ name }) => `--${name}`);
  const perCommand = names.map((name) => `    ${name}) words='${flags(name).join(' ')}' ;;`);
  return `# bash completion of ${NAME}: source <(${NAME} completion bash)
_wait_vm_customization() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words
  COMPREPLY=()
  case $before in
${choices.join('\n')}
    ${files.join('|')}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${others.join('|')}) return ;;
    completion) COMPREPLY=($(compgen -W '${SHELLS.join(' ')}' -- "$word")); return ;;
    replay) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
  case \${COMP_WORDS[1]} in
${perCommand.join('\n')}
    *) words='${flags('wait').join(' ')}' ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="$words ${names.join(' ')}"; fi
  COMPREPLY+=($(compgen -W "$words" -- "$word"))
}
complete -F _wait_vm_customization ${NAME}
`;
}

function zsh(): string {
  const quoted = (text: string): string => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, '\\$&');
  const argument = (option: CommandOption): string => {
    const { value, choices } = option;
    if (value === undefined) {
      return '';
    }
    const values = choices === undefined ? (isFile(option) ? '_files' : ' ') : `(${choices.join(' ')})`;
    return `:${quoted(value)}:${values}`;
  };
  const option = (each: CommandOption): string => `'--${each.name}[${quoted(each.help)}]${argument(each)}'`;
  const list = (command: CommandName, ...rest: readonly string[]): string =>
    [...optionsOf(command).map(option), ...rest].join(' \\\n        ');
  const others = names
    .filter((name) => optionsOf(name).length > 0 && name !== 'wait' && name !== 'completion')
    .map((name) => {
      const after = name === 'replay' ? ["'1:recording:_files'"] : [];
      return `    ${name}) shift words; (( CURRENT-- )); _arguments -s \\\n        ${list(name, ...after)} ;;`;
    });
  return `#compdef ${NAME}
# zsh completion: ${NAME} completion zsh > "\${fpath[1]}/_${NAME}"
_wait_vm_customization() {
  case $words[2] in
${others.join('\n')}
    completion) _values shell ${SHELLS.join(' ')} ;;
    *) _arguments -s \\
        ${list('wait', `'1:VM or command:(${names.join(' ')})'`)} ;;
  esac
}
compdef _wait_vm_customization ${NAME}
`;
}

function fish(): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const line = (option: CommandOption & { readonly short?: string }): string => {
    const { name, short, value, choices, help } = option;
    const commands = names.filter((command) => optionsOf(command).some((each) => each.name === name));
    const others = names.filter((command) => !commands.includes(command));
    return [
      `complete -c ${NAME} -l ${name}`,
      ...(short === undefined ? [] : [`-s ${short}`]),
      ...(value === undefined ? [] : isFile(option) ? ['-r -F'] : ['-x']),
      ...(choices === undefined ? [] : [`-a ${quoted(choices.join(' '))}`]),
      // `wait` is most often left out.
      `-n ${quoted(commands.includes('wait') ? `not __fish_seen_subcommand_from ${others.join(' ')}` : `__fish_seen_subcommand_from ${commands.join(' ')}`)}`,
      `-d ${quoted(help)}`,
    ].join(' ');
  };
  return `# fish completion: ${NAME} completion fish > ~/.config/fish/completions/${NAME}.fish
complete -c ${NAME} -f
complete -c ${NAME} -n __fish_use_subcommand -a ${quoted(names.join(' '))}
complete -c ${NAME} -n '__fish_seen_subcommand_from replay' -F
complete -c ${NAME} -n '__fish_seen_subcommand_from completion' -a ${quoted(SHELLS.join(' '))}
${all.map(line).join('\n')}
`;
}

function powershell(): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const list = (texts: readonly string[]): string => `@(${texts.map(quoted).join(', ')})`;
  const perCommand = names.map((name) => `    ${quoted(name)} = ${list(flags(name))}`);
  const choices = all.flatMap(({ name, choices = [] }) =>
    choices.length === 0 ? [] : [`    ${quoted(`--${name}`)} = ${list(choices)}`],
  );
  return `# PowerShell completion: ${NAME} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ${quoted(NAME)} -ScriptBlock {
  param($word, $ast, $position)
  $options = @{
${perCommand.join('\n')}
  }
  $choices = @{
${choices.join('\n')}
    'completion' = ${list(SHELLS)}
  }
  $elements = @($ast.CommandElements | ForEach-Object { $_.ToString() })
  $before = if ($word -eq '') { $elements[-1] } elseif ($elements.Count -gt 1) { $elements[-2] } else { '' }
  $words = if ($choices.ContainsKey($before)) { $choices[$before] }
    elseif ($elements.Count -gt 1 -and $options.ContainsKey($elements[1])) { $options[$elements[1]] }
    else { $options['wait'] + ${list(names)} }
  $words | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
