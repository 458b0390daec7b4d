import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

/** What GraphiQL leaves to its editors' defaults and we want otherwise. */
export function EditorSettings() {
  useSystemTheme();
  usePlainSigns();
  return null;
}

/** Has the editors follow the system's change between light and dark, as the rest of the page does by itself. */
function useSystemTheme(): void {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme !== null) return;
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [theme, setTheme]);
}

/** Answers have signs such as × in formulas: no box around them as if they were a trick. */
function usePlainSigns(): void {
  const answers = useGraphiQL((state) => state.responseEditor);
  useEffect(() => {
    answers?.updateOptions({ unicodeHighlight: { ambiguousCharacters: false } });
  }, [answers]);
}
