import { createRoot } from 'react-dom/client';
import { installMonacoWorkers } from './monaco-workers.ts';
import { Page } from './page.tsx';
import { loadSettings } from './settings.ts';
import 'graphiql/style.css';
import './page.css';

installMonacoWorkers();
const page = document.getElementById('page');
if (!page) throw new Error('index.html has no #page');
createRoot(page).render(<Page settings={await loadSettings()} />);
