using System.Collections.Immutable;
using System.Security.Cryptography;
using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Verify;

/// <summary>Verifies a TPM quote with a key that is trusted for another reason, and gives the registers that it covers.</summary>
internal static class TpmQuoteVerifier
{
    /// <summary>Verifies signature, selection and digest; the nonce is judged by the caller, who knows it.</summary>
    /// <param name="quote">The parsed quote.</param>
    /// <param name="signature">Its signature.</param>
    /// <param name="spki">The attestation key.</param>
    /// <param name="registers">Values by register number: exactly the quoted ones.</param>
    /// <param name="findings">What is wrong.</param>
    public static void Verify(
        TpmQuote quote, TpmSignature signature, ReadOnlySpan<byte> spki, IReadOnlyDictionary<int, byte[]> registers, ImmutableArray<Finding>.Builder findings)
    {
        if (!IsSignedBy(quote, signature, spki))
        {
            findings.Add(new Finding(RejectionReason.SignatureInvalid, "TPM quote", "not signed by the attestation key", "a signature by it"));
        }

        // One bank: a mixed selection would let a weak one stand in for a strong one.
        var chosen = quote.Selections.Where(selection => !selection.Registers.IsEmpty).ToList();
        if (chosen.Count != 1 || TpmAlgorithms.Size(chosen[0].Bank) == 0)
        {
            findings.Add(new Finding(
                RejectionReason.QuoteSelection, "pcrSelect", string.Join(", ", chosen.Select(selection => $"bank 0x{selection.Bank:x}")), "one bank, SHA-256 or SHA-384"));
            return;
        }

        // Which register a value is of is what the quote says, never where it stands in a list.
        if (!chosen[0].Registers.SequenceEqual(registers.Keys.Order()) || registers.Values.Any(value => value.Length != TpmAlgorithms.Size(chosen[0].Bank)))
        {
            findings.Add(new Finding(RejectionReason.QuoteSelection, "PCR values", "of other registers than the quote covers", "exactly those that it covers: " + string.Join(", ", chosen[0].Registers)));
            return;
        }

        byte[] all = [.. chosen[0].Registers.SelectMany(number => registers[number])];
        if (!CryptographicOperations.HashData(signature.Hash, all).AsSpan().SequenceEqual(quote.PcrDigest))
        {
            findings.Add(new Finding(RejectionReason.QuoteDigest, "pcrDigest", "not the hash of these values", "their hash, ascending by number"));
        }
    }

    private static bool IsSignedBy(TpmQuote quote, TpmSignature signature, ReadOnlySpan<byte> spki)
    {
        try
        {
            if (signature.IsRsa)
            {
                using var rsa = RSA.Create();
                rsa.ImportSubjectPublicKeyInfo(spki, out _);
                return rsa.VerifyData(quote.Bytes, signature.Value, signature.Hash, RSASignaturePadding.Pkcs1);
            }

            using var ec = ECDsa.Create();
            ec.ImportSubjectPublicKeyInfo(spki, out _);
            return ec.VerifyData(quote.Bytes, signature.Value, signature.Hash);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
