#!/usr/bin/env bash
# usage: media.sh FILMS OUT   makes what dev/mock.ts serves: pictures, a clear DASH stream and a storyboard for each film.
# For working on the screens without a server; nothing of it is shipped.
set -eu
films=$1 out=$2
mkdir -p "$out"
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }

pictures() { # NAME SECOND INPUT...
    local name=$1 at=$2 bars='crop=iw:ih*0.74:0:ih*0.13,'; shift 2
    case $name in sintel|gate|snow|desert) ;; *) bars= ;; esac
    ff -ss "$at" "$@" -frames:v 1 -vf "${bars}scale=1920:1080:force_original_aspect_ratio=increase,crop=1920:1080" -q:v 4 "$out/$name-backdrop.jpg"
    ff -ss "$at" "$@" -frames:v 1 -vf "${bars}scale=640:360:force_original_aspect_ratio=increase,crop=640:360" -q:v 4 "$out/$name-still.jpg"
    ff -ss "$at" "$@" -frames:v 1 -vf "${bars}scale=480:720:force_original_aspect_ratio=increase,crop=480:720" -q:v 4 "$out/$name-poster.jpg"
}
bbb=$films/bbb-1080p25-51-62s.mp4
sintel=$films/sintel-trailer-720p.mp4
tears=$films/tears-of-steel-battle-332p-71s.webm
pictures bbb 14 -i "$bbb"; pictures meadow 35 -i "$bbb"; pictures burrow 50 -i "$bbb"
pictures sintel 26 -i "$sintel"; pictures gate 18 -i "$sintel"; pictures snow 8 -i "$sintel"
pictures tears 20 -i "$tears"; pictures bridge 44 -i "$tears"; pictures dome 60 -i "$tears"
pictures desert 38 -i "$sintel"
pictures gradient 1 -f lavfi -i "gradients=size=1280x720:c0=0x20304f:c1=0xd9733f:c2=0x531f3b:n=3:seed=7"

mkdir -p "$out/stream"
ff -t 40 -i "$bbb" -t 40 -stream_loop 5 -i "$films/../audio/count_french.mp3" \
    -filter_complex "[0:v]split=3[a][b][c];[a]scale=426:240[v0];[b]scale=854:480[v1];[c]scale=1280:720[v2]" \
    -map "[v0]" -map "[v1]" -map "[v2]" -map 0:a -map 1:a -c:v libx264 -preset ultrafast -g 50 -keyint_min 50 -sc_threshold 0 \
    -b:v:0 300k -b:v:1 900k -b:v:2 2200k -c:a aac -b:a 96k -metadata:s:a:0 language=en -metadata:s:a:1 language=fr \
    -f dash -seg_duration 4 -use_template 1 -use_timeline 0 -adaptation_sets "id=0,streams=0,1,2 id=1,streams=3 id=2,streams=4" \
    "$out/stream/manifest.mpd"
ff -t 40 -i "$bbb" -vf "fps=1/2,scale=240:135,tile=5x5" -q:v 6 -start_number 0 "$out/stream/tiles-%d.jpg"
cp "$films/../subtitles/sintel-en.vtt" "$out/stream/en.vtt"
cp "$films/../subtitles/sintel-es.vtt" "$out/stream/es.vtt"
sed -i 's#</Period>#<AdaptationSet contentType="text" mimeType="text/vtt" lang="en"><Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/><Representation id="t1" bandwidth="300"><BaseURL>en.vtt</BaseURL></Representation></AdaptationSet><AdaptationSet contentType="text" mimeType="text/vtt" lang="es"><Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/><Representation id="t2" bandwidth="300"><BaseURL>es.vtt</BaseURL></Representation></AdaptationSet></Period>#' "$out/stream/manifest.mpd"
