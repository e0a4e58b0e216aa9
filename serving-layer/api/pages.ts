import { readFileSync } from 'node:fs'
import { Router } from 'express'

const FILES = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/docs', 'docs.html', 'text/html; charset=utf-8'],
  ['/web/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/web/live.js', 'live.js', 'text/javascript; charset=utf-8'],
  ['/web/docs.js', 'docs.js', 'text/javascript; charset=utf-8'],
  ['/web/icon.svg', 'icon.svg', 'image/svg+xml'],
] as const

/** The live page and the page for the API's description: a handful of files, nothing from elsewhere. */
export function pageRoutes(): Router {
  const router = Router()
  for (const [path, file, type] of FILES) {
    const content = readFileSync(new URL(`../web/${file}`, import.meta.url))
    router.get(path, (_request, response) => {
      response.set('Cache-Control', 'no-cache').type(type).send(content)
    })
  }
  return router
}
