throw new Error('no native cbor-extract in the tests');
