// Written by scripts/lookalikes.ts from Unicode's confusables.txt, version 17.0.0 (https://www.unicode.org/Public/security/17.0.0/, Unicode
// License V3, https://www.unicode.org/license.txt). Do not edit.

/** Letters that look like letters or digits of ASCII, by script. */
export const lookalikes = {
  Arabic: "إاهٳھہەۿ",
  Armenian: "ագզհղոռսցւքօ",
  Bengali: "",
  Cyrillic: "абгеорсухшѕіјћџѡѣѳѵѽҍґғҫүұһҽҿӏӕөԁԛԝꙇꚕꚙ",
  Devanagari: "",
  Georgian: "თყჿ",
  Greek: "αγηθινορσυϳϸᴦ",
  Gujarati: "",
  Gurmukhi: "",
  Hebrew: "וטיןסװױײ",
  Tamil: "",
  Telugu: "",
  Thai: "",
} as const;
