import '@testing-library/jest-dom/vitest'
import axios from 'axios'
import { cleanup } from '@testing-library/react'
import { afterEach, beforeEach } from 'vitest'
import { api } from './api'

// Before any module of the page is loaded: a client takes its adapter from the defaults when it is made.
axios.defaults.adapter = api.adapter

beforeEach(() => { api.reset() })
afterEach(() => { cleanup() })
