using System.Text;
using CleanRoom.Client;

namespace CleanRoom.Cli.Output;

/// <summary>Questions to the person at the terminal. Where standard input ends before the questions do, the command ends with "a person has to decide".</summary>
internal sealed class Dialogue(Call call)
{
    private const int MaxSecret = 1024;

    /// <summary>Asks for a line; empty if the person only presses Enter.</summary>
    public string Ask(string prompt)
    {
        Console.Out.Write(prompt + " ");
        Console.Out.Flush();
        call.Token.ThrowIfCancellationRequested();
        return Console.In.ReadLine()?.Trim() ?? throw new ClientException(ClientProblem.DecisionNeeded, call.Words["ask.end"]);
    }

    /// <summary>Asks until the answer is one; <paramref name="wrong"/> gives what is wrong with it, or null.</summary>
    public string Ask(string prompt, Func<string, string?> wrong)
    {
        while (true)
        {
            var answer = Ask(prompt);
            if (wrong(answer) is not { } problem)
            {
                return answer;
            }

            call.Screen.Line("  " + problem);
        }
    }

    /// <summary>Gives the index of the choice.</summary>
    public int Choose(string question, IReadOnlyList<string> choices, int usual)
    {
        while (true)
        {
            call.Screen.Line(question);
            for (var i = 0; i < choices.Count; i++)
            {
                call.Screen.Line($"  {i + 1} {choices[i]}");
            }

            var answer = Ask($"  [{usual + 1}]");
            if (answer.Length == 0)
            {
                return usual;
            }

            if (Number(answer) is { } n && n >= 1 && n <= choices.Count)
            {
                return n - 1;
            }
        }
    }

    /// <summary>Asks for yes or no, in the person's language or in English; there is no usual answer.</summary>
    public bool Confirm(string question)
    {
        var (yes, no) = (call.Words["word.yes"].Split('|'), call.Words["word.no"].Split('|'));
        while (true)
        {
            var answer = Ask($"{question} ({yes[0]}/{no[0]})");
            if (yes.Append("yes").Contains(answer, StringComparer.OrdinalIgnoreCase))
            {
                return true;
            }

            if (no.Append("no").Contains(answer, StringComparer.OrdinalIgnoreCase))
            {
                return false;
            }
        }
    }

    /// <summary>Asks for a secret; a terminal does not show it.</summary>
    public string Secret(string prompt)
    {
        if (Console.IsInputRedirected)
        {
            return Ask(prompt);
        }

        return ReadSecret(Console.Out, prompt, call.Token);
    }

    /// <summary>Asks a terminal for a secret, and does not show it.</summary>
    public static string ReadSecret(TextWriter output, string prompt, CancellationToken cancellationToken)
    {
        output.Write(prompt + " ");
        var typed = new StringBuilder();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
            {
                output.WriteLine();
                return typed.ToString();
            }

            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar) && typed.Length < MaxSecret)
            {
                _ = typed.Append(key.KeyChar);
            }
        }
    }

    /// <summary>Digits of any script: who writes Arabic or Thai types them so.</summary>
    public static int? Number(string text) => int.TryParse(Records.Normalisation.Text.AsciiDigits(text), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) ? n : null;
}
