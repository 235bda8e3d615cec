/** The element of a component: its own HTML file says what is in it. */
interface Parent extends HTMLElement {
  querySelector(selector: string): any;
}

/** What Streamlit passes to a component's script. */
interface StreamlitComponent<Data> {
  data: Data;
  parentElement: Parent;
  setStateValue: (name: string, value: unknown) => void;
  setTriggerValue: (name: string, value: unknown) => void;
}
