/** Mean radius of the earth, km. */
const EARTH_KM = 6371.0088
const KM_PER_DEGREE = (EARTH_KM * Math.PI) / 180

export interface Point {
  /** Degrees, WGS 84. */
  readonly lat: number
  readonly lon: number
}

/** Latitudes and longitudes, both ends inclusive; two ranges of longitude where it crosses the 180th meridian. */
export interface Box {
  readonly lat: readonly [from: number, to: number]
  readonly lon: readonly (readonly [from: number, to: number])[]
}

/** Great-circle distance by the haversine formula, km. */
export function distanceKm(a: Point, b: Point): number {
  const radians = Math.PI / 180
  const dLat = (b.lat - a.lat) * radians
  const dLon = (b.lon - a.lon) * radians
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** The smallest box of latitudes and longitudes that holds every point at most `km` away; a hair larger, for rounding. */
export function boxAround({ lat, lon }: Point, km: number): Box {
  const dLat = km / KM_PER_DEGREE + 1e-9
  const [south, north] = [Math.max(-90, lat - dLat), Math.min(90, lat + dLat)]
  const everywhere: Box = { lat: [south, north], lon: [[-180, 180]] }
  // a circle around a pole meets every meridian
  if (lat - dLat <= -90 || lat + dLat >= 90) return everywhere
  const radians = Math.PI / 180
  const reach = Math.sin(km / EARTH_KM) / Math.cos(lat * radians)
  if (km / EARTH_KM >= Math.PI / 2 || reach >= 1) return everywhere
  const dLon = Math.asin(reach) / radians + 1e-9
  const [west, east] = [lon - dLon, lon + dLon]
  const lons: [number, number][] =
    west < -180
      ? [
          [west + 360, 180],
          [-180, east],
        ]
      : east > 180
        ? [
            [west, 180],
            [-180, east - 360],
          ]
        : [[west, east]]
  return { lat: [south, north], lon: lons }
}

/** Radii to look within, one after the other, so that a wide question does not read the whole box where few are wanted. */
export function radiiUpTo(km: number): readonly number[] {
  const radii: number[] = []
  for (let radius = km / 64; radius < km; radius *= 4) radii.push(radius)
  return [...radii, km]
}
