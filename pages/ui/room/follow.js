// Where the leader's timeline stands. The timeline itself is sent once; this small message follows.
export default function (component) {
  document.forcedFlowSeek = component.data;
  document.dispatchEvent(new CustomEvent("forced-flow-seek"));
}
