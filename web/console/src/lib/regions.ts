/* regions.ts - countries by the regions in which rights are sold. A region is only a shorter way to say its countries. */
import { countryCodes } from '@shared/countries';

const codes = (text: string): string[] => text.split(' ');

/* By the United Nations' M49, each country in one; Taiwan and Kosovo, which it does not list, where they lie. */
const continents = {
  africa: codes('AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW'),
  north_america: codes('BM CA GL PM US'),
  latin_america: codes('AG AI AR AW BB BL BO BQ BR BS BZ CL CO CR CU CW DM DO EC FK GD GF GP GT GY HN HT JM KN KY LC MF MQ MS MX NI PA PE PR PY SR SV SX TC TT UY VC VE VG VI'),
  asia: codes('AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE'),
  europe: codes('AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK'),
  oceania: codes('AS AU CC CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS'),
};
const eu = codes('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK');
const markets = {
  dach: codes('AT CH DE'),
  benelux: codes('BE LU NL'),
  nordics: codes('DK FI IS NO SE'),
  baltics: codes('EE LT LV'),
  eu,
  eea: [...eu, 'IS', 'LI', 'NO'],
  mena: codes('AE BH DJ DZ EG IL IQ IR JO KW LB LY MA OM PS QA SA SY TN YE'),
  anzac: codes('AU NZ'),
};

export type Region = keyof typeof continents | keyof typeof markets;
export const continentOf: Record<keyof typeof continents, readonly string[]> = continents;
export const regions: Record<Region, readonly string[]> = { ...markets, ...continents };
const names = Object.keys(regions) as Region[];

/** Countries as few words as they can be said in: whole regions, the largest first, and the countries that are left. */
export function compressed(list: readonly string[]): { regions: Region[]; codes: string[] } {
  const left = new Set(list);
  const found: Region[] = [];
  for (const name of [...names].sort((a, b) => regions[b].length - regions[a].length)) {
    const own = regions[name];
    if (own.length < 2 || !own.every((code) => left.has(code))) continue;
    found.push(name);
    own.forEach((code) => left.delete(code));
  }
  return { regions: found, codes: list.filter((code) => left.has(code)) };
}

export const expanded = (regionNames: readonly Region[], list: readonly string[]): string[] => [...new Set([...regionNames.flatMap((name) => regions[name]), ...list])].filter((code) => countryCodes.includes(code)).sort();
