import { describe, expect, test } from 'vitest';
import { problemFrom } from '../api/problem';
import { ownPath, signInAddress } from './sign-in';

const here = { pathname: '/errors/17', search: '?project=a&q=x%20y', hash: '#stack' };

describe('signing in', () => {
  test('leads back to where the person is', () => {
    const address = signInAddress('/auth/login', here) ?? '';
    expect(address).toBe('/auth/login?next=%2Ferrors%2F17%3Fproject%3Da%26q%3Dx%2520y%23stack');
    expect(new URL(address, 'https://rynda.example').searchParams.get('next')).toBe(
      '/errors/17?project=a&q=x%20y#stack',
    );
  });

  test('is not offered where the server names no way', () => {
    expect(signInAddress(undefined, here)).toBeUndefined();
    expect(signInAddress('', here)).toBeUndefined();
  });

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/a\tb',
    'auth/login',
    '/a?b',
  ])('%s is no way', (address) => {
    expect(ownPath(address)).toBeUndefined();
  });

  test('is found in the answer that says who is not known', async () => {
    const answer = (body: object) => problemFrom(new Response(JSON.stringify(body), { status: 401 }));
    expect((await answer({ title: 'Unauthorized', login_url: '/auth/login' })).loginUrl).toBe('/auth/login');
    expect((await answer({ title: 'Unauthorized' })).loginUrl).toBeUndefined();
    expect((await answer({ title: 'Unauthorized', login_url: 7 })).loginUrl).toBeUndefined();
  });
});
