/* Hull.tsx - what was tried with a film: bits a second to the right, quality up, the hull over all of it, and the rungs that were chosen. */
import { useElementSize } from '@mantine/hooks';
import { scaleLinear, scaleLog } from 'd3-scale';
import type { LadderPoint, LadderReport, LadderRung } from '@shared/api/client';
import { numberText } from '../../lib/format';
import { t } from '../../messages';
import css from './ladder.module.css';

const HEIGHT = 320;
const PAD = { left: 36, right: 18, top: 16, bottom: 38 };
const LABEL = 46; /* pixels that a rung's name needs */

export const rateText = (bits: number): string => t('ladder.rate', { rate: numberText(Number((bits / 1e6).toPrecision(2))) });
export const sizeText = ({ width, height }: { width: number; height: number }): string => `${Math.min(width, height)}p`;

type Chosen = LadderRung & { bitrate: number; score: number };
/** What is like the original to the eye counts as 100, however alike the numbers are. */
export const scoreOf = (score: number): number => Math.min(100, score);
const chosenOf = (rungs: readonly LadderRung[]): Chosen[] => rungs.filter((one): one is Chosen => one.bitrate !== null && one.score !== null);
const pointText = (one: LadderPoint): string => `${sizeText(one)} · CRF ${numberText(one.crf)} · ${rateText(one.bitrate)} · ${numberText(Math.round(scoreOf(one.score)))}`;

export function Hull({ ladder }: { ladder: LadderReport }) {
  const { ref, width } = useElementSize();
  const rungs = chosenOf(ladder.rungs);
  const all = [...ladder.points, ...ladder.hull, ...rungs];
  const rates = all.map((one) => one.bitrate);
  const heights = [...new Set(ladder.points.map((one) => one.height))].sort((a, b) => a - b);
  const right = Math.max(width, 240) - PAD.right;
  const x = scaleLog().domain([Math.min(...rates) / 1.15, Math.max(...rates) * 1.15]).range([PAD.left, right]);
  const y = scaleLinear().domain([Math.floor(Math.min(...all.map((one) => one.score)) / 10) * 10, 100]).range([HEIGHT - PAD.bottom, PAD.top]);
  const ticks = x.ticks().filter((rate) => /^[125]0*$/.test(String(Math.round(rate))));
  const line = ladder.hull.map((one) => `${x(one.bitrate)},${y(scoreOf(one.score))}`).join(' ');
  return (
    <figure className={css.figure} ref={ref}>
      {width > 0 && (
        <svg className={css.plot} width={width} height={HEIGHT} role="img" aria-label={t('ladder.plot', { tried: numberText(ladder.points.length), rungs: numberText(rungs.length) })} data-testid="ladder-plot">
          {y.ticks(5).map((score) => (
            <g key={score}>
              <line className={css.grid} x1={PAD.left} x2={right} y1={y(score)} y2={y(score)} />
              <text className={css.tick} x={PAD.left - 8} y={y(score)} dy="0.32em" textAnchor="end">{numberText(score)}</text>
            </g>
          ))}
          {ticks.map((rate) => <text key={rate} className={css.tick} x={x(rate)} y={HEIGHT - PAD.bottom + 18} textAnchor="middle">{numberText(rate / 1e6)}</text>)}
          <text className={css.axis} x={right} y={HEIGHT - 4} textAnchor="end">{t('ladder.rates')}</text>
          <text className={css.axis} x={PAD.left + 6} y={PAD.top - 3}>{t('ladder.quality')}</text>
          <polyline className={css.hull} points={line} />
          {ladder.points.map((one, i) => (
            <circle key={i} className={css.point} data-size={heights.indexOf(one.height) % 6} cx={x(one.bitrate)} cy={y(scoreOf(one.score))} r={3.5}><title>{pointText(one)}</title></circle>
          ))}
          {rungs.map((one) => {
            const tight = x(one.bitrate) - PAD.left < LABEL;
            return (
              <g key={one.name}>
                <circle className={css.rung} cx={x(one.bitrate)} cy={y(scoreOf(one.score))} r={6}><title>{pointText(one)}</title></circle>
                <text className={css.label} x={x(one.bitrate) + (tight ? 10 : -10)} y={y(scoreOf(one.score)) - (tight ? -12 : 6)} textAnchor={tight ? 'start' : 'end'}>{sizeText(one)}</text>
              </g>
            );
          })}
        </svg>
      )}
      <figcaption className={css.legend}>
        {heights.map((height, i) => <span key={height}><i className={css.dot} data-size={i % 6} />{height}p</span>)}
        <span><i className={css.stroke} />{t('ladder.hull')}</span>
        <span><i className={css.dot} data-rung />{t('ladder.chosen')}</span>
      </figcaption>
    </figure>
  );
}
