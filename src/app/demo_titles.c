/* demo_titles.c - what the demonstration catalogue holds: four films of half a minute, of different
 * shapes and rates, told in two languages. */
#include "app/demo_media.h"

const char *const demo_langs[DEMO_LANGS] = {"en", "fr"};

/* Who really made them. */
#define MADE_BY                                                                                    \
    ", \"studios\": [\"Matinee Test Pictures\"], \"people\": [{\"name\": \"FFmpeg\", \"job\": \"cinematographer\"}," \
    " {\"name\": \"eSpeak NG\", \"job\": \"narrator\"}]}"

const struct demo_title demo_titles[] = {
    {
        .slug = "shore",
        .about = "{\"genres\": [\"Abstract\", \"Science\"], \"tags\": [\"fractal\", \"slow\", \"mathematics\"]" MADE_BY,
        .year = 2026,
        .seconds = 26,
        .chord = {110, 164.81, 220, 277.18},
        .name = {"The Shore of a Number", "Le Rivage d'un nombre"},
        .synopsis =
            {"A slow dive to the coast of the Mandelbrot set, where every bay holds another coast.",
             "Une lente plongée vers la côte de l'ensemble de Mandelbrot, où chaque baie cache une "
             "autre côte."},
        .graph = "mandelbrot=s=960x540:r=25:start_scale=0.03:end_scale=0.00002:end_pts=650:bailout="
                 "12:maxiter=900"
                 ":start_x=-0.743643887037158704752:start_y=-0.131825904205311970493:inner=period,"
                 "hue=h=215:s=0.8,scale=1280:720:flags=bicubic,vignette=PI/5",
        .lines = {{2.0,
                   {"There is a coast that no map has ever finished.",
                    "Il est une côte qu'aucune carte n'a jamais achevée."}},
                  {7.5,
                   {"Come closer, and every stone becomes an island.",
                    "Approchez, et chaque pierre devient une île."}},
                  {12.5,
                   {"Closer still, and the island has a coast of its own.",
                    "Plus près encore, et l'île possède sa propre côte."}},
                  {18.0,
                   {"One short rule made all of this.",
                    "Une seule règle, très courte, a fait tout cela."}},
                  {22.0,
                   {"Nobody will ever see the end of it.", "Personne n'en verra jamais la fin."}}},
    },
    {
        .slug = "northern",
        .about = "{\"genres\": [\"Nature\", \"Abstract\"], \"tags\": [\"aurora\", \"slow\", \"winter\"]" MADE_BY,
        .year = 2025,
        .seconds = 24,
        .chord = {98, 146.83, 196, 246.94},
        .name = {"Northern Light", "Lumière du Nord"},
        .synopsis = {"Twenty-four seconds of winter sky, in the widest picture we have.",
                     "Vingt-quatre secondes de ciel d'hiver, dans notre image la plus large."},
        .graph =
            "color=s=215x90:r=24,format=gbrp,geq="
            "r='if(gt(Y,74+5*sin(X/15)+3*sin(X/6.3)),5,clip(10+Y/9+120*exp(-pow((Y-15-9*sin(X/23+T*0.5))/9,2))*"
            "(0.5+0.5*sin(X/13-T*0.6)),0,255))':"
            "g='if(gt(Y,74+5*sin(X/15)+3*sin(X/6.3)),9,clip(14+Y/7+190*exp(-pow((Y-36-11*sin(X/23+T*0.5)-"
            "5*sin(X/9-T*0.8))/13,2))*(0.74+0.26*sin(X/4.7+T*1.3+2*sin(X/17))),0,255))':"
            "b='if(gt(Y,74+5*sin(X/15)+3*sin(X/6.3)),14,clip(38+Y/4+110*exp(-pow((Y-22-11*sin(X/23+T*0.5))/16,2))*"
            "(0.6+0.4*sin(X/11+T*0.4)),0,255))',"
            "scale=1720:720:flags=bicubic,vignette=PI/6",
        .lines = {{2.0,
                   {"The night is longest where the sky is brightest.",
                    "La nuit est la plus longue là où le ciel est le plus clair."}},
                  {7.5,
                   {"Far above the clouds, the wind of the sun arrives.",
                    "Bien au-dessus des nuages arrive le vent du soleil."}},
                  {13.0,
                   {"Green is oxygen. Violet is nitrogen.",
                    "Le vert, c'est l'oxygène. Le violet, l'azote."}},
                  {18.0,
                   {"And the silence belongs to everyone.",
                    "Et le silence appartient à tout le monde."}}},
    },
    {
        .slug = "lives",
        .about = "{\"genres\": [\"Science\", \"Abstract\"], \"tags\": [\"cells\", \"lively\"]" MADE_BY,
        .year = 2024,
        .seconds = 22,
        .chord = {130.81, 196, 261.63, 329.63},
        .name = {"Small Lives", "Petites Vies"},
        .synopsis = {"A city of cells at fifty pictures a second. Each one knows its eight "
                     "neighbours, and no more.",
                     "Une cité de cellules à cinquante images par seconde. Chacune connaît ses "
                     "huit voisines, rien de plus."},
        .graph = "life=s=320x180:mold=14:rate=50:ratio=0.16:seed=7:life_color=#ffe9b0:death_color=#"
                 "c2462e"
                 ":mold_color=#101426,scale=960:540:flags=neighbor,split[a][b];[b]gblur=sigma=7[g];"
                 "[a][g]blend=all_mode=screen:all_opacity=0.6,scale=1280:720:flags=bicubic,"
                 "vignette=PI/4.5",
        .lines = {{2.0, {"With two neighbours, you stay.", "Avec deux voisines, vous restez."}},
                  {6.0, {"With three, somebody new is born.", "Avec trois, quelqu'un naît."}},
                  {10.0,
                   {"With more than that, it is too crowded to live.",
                    "Au-delà, on est trop serré pour vivre."}},
                  {15.0,
                   {"Nobody planned the city. It simply happened.",
                    "Personne n'a dessiné la cité. Elle est apparue."}}},
    },
    {
        .slug = "undertow",
        .about = "{\"genres\": [\"Nature\", \"Abstract\"], \"tags\": [\"water\", \"slow\"]" MADE_BY,
        .year = 2026,
        .seconds = 23,
        .chord = {87.31, 130.81, 174.61, 220},
        .name = {"Undertow", "Le Ressac"},
        .synopsis =
            {"A tall film for a telephone held upright: water, light, and what pulls beneath.",
             "Un film debout, pour un téléphone tenu droit : l'eau, la lumière, et ce qui tire "
             "dessous."},
        .graph = "color=s=90x160:r=30,format=gbrp,geq="
                 "r='clip(70+60*sin(X/17+T*0.9)*sin(Y/23-T*0.7)+40*sin((X+Y)/19+T),0,255)':"
                 "g='clip(90+50*sin(Y/29+T*0.6)+55*sin(hypot(X-45-20*sin(T/2),Y-80)/11-T),0,255)':"
                 "b='clip(150+80*sin(hypot(X-20,Y-120+30*sin(T/3))/16+T*0.8),0,255)',"
                 "scale=720:1280:flags=bicubic,vignette=PI/5",
        .lines =
            {{2.0,
              {"Stand still in the water for a while.", "Restez immobile dans l'eau un moment."}},
             {6.5, {"The wave you see is going one way.", "La vague que l'on voit va d'un côté."}},
             {11.0, {"The one you feel is going the other.", "Celle que l'on sent va de l'autre."}},
             {16.0,
              {"Between the two, you learn to breathe.",
               "Entre les deux, on apprend à respirer."}}},
    },
    {.slug = 0},
};
