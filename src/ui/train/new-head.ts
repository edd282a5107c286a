// A network with a new last layer, for the page. It is loaded with whoever teaches.
export { withClasses } from "../../engine/new-head.ts";
