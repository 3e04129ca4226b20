// Tells the server when the page is not in the theme it was drawn for (`data`), once for each change.
export default function ({ parentElement, data, setTriggerValue }) {
  const paper = parentElement.querySelector(".paper");
  const look = () => {
    const [red, green, blue] = getComputedStyle(paper).color.match(/[\d.]+/g).map(Number);
    const shown = red + green + blue < 384 ? "dark" : "light";
    if (shown === data) paper.told = null;
    else if (shown !== paper.told) setTriggerValue("shown", (paper.told = shown));
  };
  paper.addEventListener("transitionend", look);
  look();
  return () => paper.removeEventListener("transitionend", look);
}
