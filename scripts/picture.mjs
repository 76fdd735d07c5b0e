// Makes docs/going-offline.png, an animated PNG of the example page that goes offline and catches up, and
// docs/screenshot-phone.png and docs/inspector.png. They show the real pages in Chromium, which follow the real app:
// npm run picture
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import UPNG from 'upng-js'
import { launchChromium } from '../__tests__/helpers/chromium.ts'
import { createApp } from '../example-app/app.ts'

const docs = new URL('../docs/', import.meta.url)
const size = { width: 960, height: 600 }
/** Sharp on screens with two pixels for each of CSS. */
const scale = 2
const length = 8_900
const colours = 256
const maxBytes = 1.5e6
/** Match minutes played before the first frame. Goals follow in minutes 23, 24, 26 and 29. */
const firstMinute = 20
/** What happens at how many ms. Each is a press of the button in the bar. */
const goOffline = 1_500
const goOnline = 6_200

const directory = fileURLToPath(new URL('../example-app/', import.meta.url))
const { app, replay, close } = createApp({ directory, replay: false })
const server = createServer(app).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}`
for (let minute = 0; minute < firstMinute; minute++) replay.tick()

const browser = await launchChromium()
const { page, button } = await open(size)
replay.change({ running: true })
const frames = await film([goOffline, goOnline], () => button.press('Enter'))
const bytes = encode(frames)
console.log(`${frames.length} frames, ${bytes.byteLength.toLocaleString('en')} bytes`)
if (bytes.byteLength > maxBytes) throw new Error(`docs/going-offline.png would be larger than ${maxBytes} bytes`)
writeFileSync(new URL('going-offline.png', docs), bytes)
await page.close()

const phone = await open({ width: 390, height: 844 })
await phone.button.press('Enter')
await phone.page.getByText('3\u00a0s', { exact: true }).waitFor()
// Past minute 36, so that the first card has a goal to catch up on.
for (let minute = 0; minute < 6; minute++) replay.tick()
await phone.button.press('Enter')
await phone.page.getByText(/^\d+ events replayed\.$/).waitFor()
await phone.page.screenshot({ animations: 'disabled', path: fileURLToPath(new URL('screenshot-phone.png', docs)) })

const inspector = await browser.newPage({ viewport: { width: 1280, height: 740 }, colorScheme: 'light' })
await inspector.goto(`${url}/inspector/?channel=game:england-germany-2022`)
await inspector.locator('#events li').nth(5).waitFor()
await inspector.waitForTimeout(20_000)
const { width, height, ...image } = UPNG.decode(await inspector.screenshot())
const fewColours = UPNG.encode([UPNG.toRGBA8({ width, height, ...image })[0]], width, height, 24)
writeFileSync(new URL('inspector.png', docs), new Uint8Array(fewColours))

await browser.close()
await close()
server.close()

async function open(viewport) {
  const page = await browser.newPage({ viewport, colorScheme: 'light', deviceScaleFactor: scale })
  await page.goto(url)
  await page.waitForSelector('#bar[data-state="open"]')
  return { page, button: page.locator('#offline') }
}

/** Takes screenshots as fast as it can. Returns the different ones, and for how many ms each is to be seen. */
async function film(presses, press) {
  const frames = []
  // Playwright's own screenshots wait for fonts and compress better, which takes several times as long.
  const devtools = await page.context().newCDPSession(page)
  const clip = { x: 0, y: 0, ...size, scale }
  const shoot = () => devtools.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true, clip })
  const start = performance.now()
  for (let time = 0; time < length; time = performance.now() - start) {
    if (time > presses[0]) {
      presses.shift()
      await press()
    }
    const png = Buffer.from((await shoot()).data, 'base64')
    if (!frames.at(-1)?.png.equals(png)) frames.push({ png, from: time })
  }
  const ends = [...frames.slice(1).map(({ from }) => from), length]
  return frames.map(({ png, from }, index) => ({ png, delay: Math.max(20, ends[index] - from) }))
}

function encode(frames) {
  const images = frames.map(({ png }) => UPNG.toRGBA8(UPNG.decode(png))[0])
  const delays = frames.map(({ delay }) => Math.round(delay))
  return new Uint8Array(UPNG.encode(images, size.width * scale, size.height * scale, colours, delays))
}
