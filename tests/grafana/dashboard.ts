// The type of a dashboard in monitoring/grafana/dashboards: Grafana's schema with the options of each kind of panel. Where the
// schema allows anything (queries, overrides, transformations, links), it declares the parts that our dashboards use.
//
// TypeScript checks an object literal of type Dashboard for unknown keys, so a misspelled key is an error.

import type * as schema from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as stateTimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** A type in JSON: a string enum is one of its strings. */
type Json<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

/** Each kind of panel, with its options and its part of the field configuration. */
interface Panels {
  bargauge: [bargauge.Options, object];
  heatmap: [heatmap.Options, heatmap.FieldConfig];
  stat: [stat.Options, object];
  'state-timeline': [stateTimeline.Options, stateTimeline.FieldConfig];
  table: [table.Options, table.FieldConfig];
  timeseries: [timeseries.Options, timeseries.FieldConfig];
}

/** The provisioned datasource. */
interface Datasource {
  type: 'prometheus';
  uid: 'prometheus';
}

/** A query of the Prometheus datasource, as in @grafana/prometheus. */
interface Query {
  datasource: Datasource;
  editorMode: 'code';
  expr: string;
  format: 'time_series' | 'table' | 'heatmap';
  instant: boolean;
  legendFormat?: string;
  range: boolean;
  refId: string;
}

/** A link of a value, as in @grafana/data. */
interface DataLink {
  targetBlank: boolean;
  title: string;
  url: string;
}

type Field = Required<Json<Omit<schema.FieldConfig, 'custom' | 'links'>>> & { links: DataLink[] };

type Defaults<Custom> = Partial<Field> & { custom?: Json<Custom> };

/** One property that an override sets. */
type Property<Custom> =
  | { [K in keyof Field]: { id: K; value: Field[K] } }[keyof Field]
  | { [K in keyof Custom & string]-?: { id: `custom.${K}`; value: Json<Custom[K]> } }[keyof Custom & string];

interface FieldConfig<Custom> {
  defaults: Defaults<Custom>;
  overrides: Array<{ matcher: { id: 'byName' | 'byRegexp'; options: string }; properties: Array<Property<Custom>> }>;
}

/** A transformation of query results, as in @grafana/data. */
type Transformation =
  | { id: 'merge'; options: Record<string, never> }
  | {
      id: 'organize';
      options: {
        excludeByName: Record<string, boolean>;
        includeByName: Record<string, boolean>;
        indexByName: Record<string, number>;
        renameByName: Record<string, string>;
      };
    };

type Common = Json<
  Omit<schema.Panel, 'datasource' | 'fieldConfig' | 'gridPos' | 'options' | 'targets' | 'transformations' | 'type'>
>;

interface PanelOf<Type extends keyof Panels> extends Common {
  type: Type;
  id: number;
  title: string;
  description: string;
  datasource: Datasource;
  gridPos: schema.GridPos;
  fieldConfig: FieldConfig<Panels[Type][1]>;
  options: Json<Panels[Type][0]>;
  targets: Query[];
  transformations?: Transformation[];
}

type Panel = { [Type in keyof Panels]: PanelOf<Type> }[keyof Panels];

interface Row extends Omit<schema.RowPanel, 'panels'> {
  collapsed: false;
  panels: [];
}

type Variable = Json<Omit<schema.VariableModel, 'datasource' | 'query'>> &
  (
    | {
        type: 'query';
        datasource: Datasource;
        definition: string;
        query: { qryType: 1; query: string; refId: 'PrometheusVariableQueryEditor-VariableQuery' };
      }
    | { type: 'custom'; query: string }
  );

export interface Dashboard extends Json<Omit<schema.Dashboard, 'panels' | 'templating'>> {
  title: string;
  uid: string;
  panels: Array<Panel | Row>;
  templating: { list: Variable[] };
}
