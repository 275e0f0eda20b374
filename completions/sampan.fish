# fish completion for sampan
function __sampan_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l answers ($words[1] __complete -- $words[2..-1] 2>/dev/null)
  set -l paths $answers[-1]
  for answer in $answers[1..-2]
    echo $answer
  end
  switch $paths
    case :files
      __fish_complete_path (commandline -ct)
    case :directories
      __fish_complete_directories (commandline -ct)
  end
end
complete -c sampan -f -a '(__sampan_complete)'
