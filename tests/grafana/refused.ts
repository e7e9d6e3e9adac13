// Dashboards that the types must reject. If they don't, TypeScript reports the comment that expects an error.

import type { Dashboard } from './dashboard';

type Panel = Dashboard['panels'][number];
type Stat = Extract<Panel, { type: 'stat' }>;
type Table = Extract<Panel, { type: 'table' }>;

const link = { asDropdown: false, icon: 'dashboard', includeVars: false, keepTime: true, tags: [], targetBlank: false, title: '', tooltip: '' };
// @ts-expect-error: an unknown type of link
export const wrongValue: Dashboard['links'] = [{ ...link, type: 'url' }];

// @ts-expect-error: an unknown key
export const wrongKey: Stat['targets'][number]['datasource'] = { type: 'prometheus', uid: 'prometheus', name: 'Prometheus' };

// @ts-expect-error: another datasource
export const wrongDatasource: Stat['datasource'] = { type: 'prometheus', uid: 'P1809F7CD0C75ACF3' };

// @ts-expect-error: the footer moved from the options of tables to their fields
export const wrongOption: Table['options'] = { frameIndex: 0, showHeader: true, footer: { show: false } };

// @ts-expect-error: the options of another kind of panel
export const wrongPanel: Stat['options'] = { frameIndex: 0, showHeader: true };
